/**
 * Multipart uploads with the plain commands of the SDK. `Upload` of lib-storage completes as soon as the stream ends, which does not
 * prove that the stages have succeeded. It can neither be delayed nor go on in another object when the parts run out. Parts are
 * buffers, so that the SDK can send each of them again.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  PutObjectCommand,
  type StorageClass,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Failure } from '../../../failure/failure.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asStoreFailure, isMissing } from '../client/s3-failure.js';
import { asStorageClass } from '../write/storage-class.js';
import type { SealedPart } from './part-hash.js';
import { checksumOf, SAYING, sayPayload } from './payload.js';

export interface ObjectTarget {
  readonly store: Store;
  readonly key: string;
  readonly storageClass: string | undefined;
  readonly signal: AbortSignal;
}

/** An upload that has begun. There is no object until `complete`. */
export interface Upload {
  /** Sends a part. Parts are numbered in the order of the calls. */
  send(part: Promise<SealedPart>): Promise<void>;
  /** Makes an object of the parts, and checks that it has their size. */
  complete(): Promise<void>;
  /** To be called when no `send` is under way. */
  abort(): Promise<void>;
}

export function beginUpload(target: ObjectTarget): Upload {
  const { store, key, signal } = target;
  const { bucket: Bucket, client } = store;
  const name = urlOf(store, key);
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];
  let size = 0;
  let numbers = 0;
  const begun = asStoreFailure(`begin to write ${name}`, async () => {
    const command = new CreateMultipartUploadCommand({ Bucket, Key: key, ...classOf(target) });
    const { UploadId } = await client.send(command);
    if (UploadId === undefined) throw new Error('the store gave no id for an upload');
    return UploadId;
  });
  begun.catch(() => undefined);
  return {
    async send(sealing) {
      numbers += 1;
      const PartNumber = numbers;
      // Awaited together, because either may fail while the other is still under way.
      const [UploadId, part] = await Promise.all([begun, sealing]);
      const payload = { Body: part.bytes, ...checksumOf(part) };
      const command = new UploadPartCommand({ Bucket, Key: key, UploadId, PartNumber, ...payload });
      command.middlewareStack.add(sayPayload(part), SAYING);
      const { ETag } = await asStoreFailure(`write part ${PartNumber} of ${name}`, () =>
        client.send(command, { abortSignal: signal }),
      );
      parts.push({ ETag, PartNumber });
      size += part.bytes.length;
    },
    async complete() {
      const UploadId = await begun;
      const Parts = parts.sort((a, b) => a.PartNumber - b.PartNumber);
      await asStoreFailure(`complete ${name}`, async () => {
        const MultipartUpload = { Parts };
        const request = { Bucket, Key: key, UploadId, MultipartUpload };
        // When the answer was lost, the SDK asks again and gets NoSuchUpload. The size below decides then.
        await client.send(new CompleteMultipartUploadCommand(request)).catch(unlessMissing);
        await confirmSize(target, size);
      });
    },
    async abort() {
      const UploadId = await begun.catch(() => undefined);
      if (UploadId !== undefined) await abortUpload(store, { key, id: UploadId });
    },
  };
}

/**
 * Writes an object that is small enough for one request. The request is never ended early: a store that has received the last byte
 * makes the object, perhaps after an abort has already looked for what to remove.
 */
export async function putObject(target: ObjectTarget, part: SealedPart): Promise<void> {
  const { store, key } = target;
  const payload = { Body: part.bytes, ...checksumOf(part) };
  const request = { Bucket: store.bucket, Key: key, ...payload, ...classOf(target) };
  const command = new PutObjectCommand(request);
  command.middlewareStack.add(sayPayload(part), SAYING);
  await asStoreFailure(`write ${urlOf(store, key)}`, () => store.client.send(command));
}

function classOf({ storageClass }: ObjectTarget): { StorageClass?: StorageClass } {
  return storageClass === undefined ? {} : { StorageClass: asStorageClass(storageClass) };
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

async function confirmSize({ store, key }: ObjectTarget, size: number): Promise<void> {
  const request = { Bucket: store.bucket, Key: key };
  const { ContentLength } = await store.client.send(new HeadObjectCommand(request));
  if (ContentLength === size) return;
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `${urlOf(store, key)} has ${ContentLength ?? 'no'} bytes, ${size} were sent`,
    hint: 'the store does not keep what it was given: do not trust it with backups',
  });
}

export interface FoundUpload {
  readonly key: string;
  readonly id: string;
}

/** Every unfinished upload to a key that begins with `start`. Asks page by page. */
export async function* listUploads(store: Store, start: string): AsyncGenerator<FoundUpload> {
  let after: UploadMarkers | undefined = {};
  while (after !== undefined) {
    const page = await listUploadPage(store, start, after);
    for (const { Key, UploadId } of page.Uploads ?? []) {
      if (Key?.startsWith(start) === true && UploadId !== undefined)
        yield { key: Key, id: UploadId };
    }
    after = page.IsTruncated === true ? markersOf(page) : undefined;
  }
}

interface UploadMarkers {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

function listUploadPage(
  store: Store,
  start: string,
  after: UploadMarkers,
): Promise<ListMultipartUploadsCommandOutput> {
  const request = { Bucket: store.bucket, Prefix: start, ...after };
  return asStoreFailure(`list the unfinished uploads of ${urlOf(store, start)}`, () =>
    store.client.send(new ListMultipartUploadsCommand(request)),
  );
}

function markersOf(page: ListMultipartUploadsCommandOutput): UploadMarkers {
  const { NextKeyMarker, NextUploadIdMarker } = page;
  return {
    ...(NextKeyMarker === undefined ? {} : { KeyMarker: NextKeyMarker }),
    ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
  };
}

/** Succeeds when there is no such upload. */
export async function abortUpload(store: Store, { key, id }: FoundUpload): Promise<void> {
  const request = { Bucket: store.bucket, Key: key, UploadId: id };
  await asStoreFailure(`abort the upload of ${urlOf(store, key)}`, async () => {
    await store.client.send(new AbortMultipartUploadCommand(request)).catch(unlessMissing);
  });
}

/** Aborts again until none is left: a part that was still under way can bring back an aborted upload. */
export async function abortUploadsBelow(store: Store, start: string): Promise<number> {
  let aborted = 0;
  for (let round = 0; round < 3; round++) {
    const found = [];
    for await (const upload of listUploads(store, start)) found.push(upload);
    if (found.length === 0) break;
    for (const upload of found) await abortUpload(store, upload);
    aborted = Math.max(aborted, found.length);
  }
  return aborted;
}
