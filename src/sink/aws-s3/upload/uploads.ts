/**
 * Uploads, by `Upload` of lib-storage: it sends an object in one request when it is small, and in parts when it is not. It
 * completes an upload when its body ends, so the body does not end before the verdict on the stages.
 */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  PutObjectCommand,
  type S3Client,
  type StorageClass,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload as LibraryUpload } from '@aws-sdk/lib-storage';
import { Failure } from '../../../failure/failure.js';
import type { Chunk } from '../../../host/intake.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asStoreFailure, isMissing } from '../client/s3-failure.js';
import { asStorageClass } from '../write/storage-class.js';
import type { Volume } from './volumes.js';

export interface ObjectTarget {
  readonly store: Store;
  readonly key: string;
  readonly storageClass: string | undefined;
}

/** Whether the stages that write an object have ended well. */
export interface Verdict {
  pass(): void;
  /** Parts that are under way are given up. Does nothing after `pass`. */
  reject(): void;
  readonly passed: Promise<void>;
  /** Aborted by `reject`. */
  readonly signal: AbortSignal;
}

export function createVerdict(): Verdict {
  const stop = new AbortController();
  let isPassed = false;
  let pass = (): void => undefined;
  const passed = new Promise<void>((resolve, reject) => {
    pass = resolve;
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason));
  });
  passed.catch(() => undefined);
  return {
    pass() {
      isPassed = true;
      pass();
    },
    reject() {
      if (!isPassed) stop.abort();
    },
    passed,
    signal: stop.signal,
  };
}

export interface UploadShape {
  readonly volume: Volume;
  /** In bytes. */
  readonly partSize: number;
  /** How many parts are sent at once. */
  readonly queueSize: number;
}

export interface Upload {
  /** Resolves when there is an object of the size of the body; not before the verdict. A Failure that comes first is told. */
  readonly done: Promise<void>;
  /** Never resolves. Rejects with the failure of the first request that fails, as soon as it has failed. */
  readonly failed: Promise<never>;
}

/**
 * Starts to send the body. `Upload` itself tells of a part that failed only when the body has ended, which a quiet dump does
 * after hours, and sends the others to their end.
 */
export function startUpload(target: ObjectTarget, shape: UploadShape, verdict: Verdict): Upload {
  const { store, key } = target;
  const failing = new AbortController();
  const failed = new Promise<never>((_, reject) => {
    failing.signal.addEventListener('abort', () => reject(failing.signal.reason));
  });
  failed.catch(() => undefined);
  const copied = createCopiedChunks();
  let size = 0;

  async function* body(): AsyncGenerator<Uint8Array> {
    for await (const chunk of shape.volume.chunks) {
      size += chunk.bytes.length;
      copied.expect(chunk, size);
      yield chunk.bytes;
    }
    // A full volume need not keep its last part in memory: only its completion waits.
    if ((await shape.volume.ended) === 'last') await verdict.passed;
  }

  const upload = new LibraryUpload({
    client: watchRequests(target, {
      signal: AbortSignal.any([failing.signal, verdict.signal]),
      verdict,
      onFailure: (error) => failing.abort(error),
      onPart: (number, part) => copied.giveBack(number * shape.partSize, part),
    }),
    params: {
      Bucket: store.bucket,
      Key: key,
      Body: Readable.from(body(), { highWaterMark: 1 }),
      ...classOf(target),
    },
    partSize: shape.partSize,
    queueSize: shape.queueSize,
  });
  const done = upload.done().then(
    () => confirmSize(target, size),
    (error: unknown) => {
      throw failing.signal.aborted ? failing.signal.reason : error;
    },
  );
  done.catch(() => undefined);
  return { done, failed };
}

/**
 * The chunks of a body that `Upload` may still need. It makes the parts in their order, each a copy of its chunks, unless one
 * chunk has all of it.
 */
function createCopiedChunks() {
  const chunks: { readonly chunk: Chunk; readonly end: number }[] = [];
  return {
    /** `end`: the bytes of the body up to the end of this chunk. */
    expect: (chunk: Chunk, end: number) => void chunks.push({ chunk, end }),
    /** There is a part that ends at this position of the body. */
    giveBack(position: number, part: Uint8Array): void {
      for (let next = chunks[0]; next !== undefined && next.end <= position; next = chunks[0]) {
        chunks.shift();
        if (next.chunk.bytes.buffer !== part.buffer) next.chunk.giveBack();
      }
    },
  };
}

export function classOf({ storageClass }: Pick<ObjectTarget, 'storageClass'>): {
  readonly StorageClass?: StorageClass;
} {
  return storageClass === undefined ? {} : { StorageClass: asStorageClass(storageClass) };
}

interface RequestWatch {
  readonly verdict: Verdict;
  /** Ends parts that are under way. */
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
  /** Called before a part is sent. */
  readonly onPart: (number: number, part: Uint8Array) => void;
}

/** The client for one upload. The requests that make an object are never ended early: the store may have made it already. */
function watchRequests(
  { store, key }: ObjectTarget,
  { verdict, signal, onFailure, onPart }: RequestWatch,
): S3Client {
  const { client } = store;
  const name = urlOf(store, key);

  async function send(command: object): Promise<unknown> {
    try {
      return await asStoreFailure(wordRequest(command, name), () => sendNow(command));
    } catch (error) {
      onFailure(error);
      throw error;
    }
  }

  async function sendNow(command: object): Promise<unknown> {
    if (command instanceof UploadPartCommand) {
      const { PartNumber, Body } = command.input;
      if (PartNumber !== undefined && Body instanceof Uint8Array) onPart(PartNumber, Body);
      return client.send(command, { abortSignal: signal });
    }
    if (command instanceof CreateMultipartUploadCommand || command instanceof PutObjectCommand)
      return client.send(command);
    if (command instanceof CompleteMultipartUploadCommand) {
      await verdict.passed;
      // When the answer was lost, the SDK asks again and gets NoSuchUpload. The size of the object decides then.
      return client.send(command).catch(unlessMissing);
    }
    if (command instanceof AbortMultipartUploadCommand)
      return client.send(command).catch(unlessMissing);
    throw new Error(`an upload has sent an unknown command: ${command.constructor.name}`);
  }

  return Object.create(client, { send: { value: send } });
}

/** Follows "cannot". */
function wordRequest(command: object, name: string): string {
  if (command instanceof UploadPartCommand)
    return `write part ${command.input.PartNumber} of ${name}`;
  if (command instanceof CreateMultipartUploadCommand) return `begin to write ${name}`;
  if (command instanceof CompleteMultipartUploadCommand) return `complete ${name}`;
  return command instanceof PutObjectCommand ? `write ${name}` : `abort the upload of ${name}`;
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

/** An answer of the store alone does not count. */
async function confirmSize({ store, key }: ObjectTarget, size: number): Promise<void> {
  const request = new HeadObjectCommand({ Bucket: store.bucket, Key: key });
  const { ContentLength } = await asStoreFailure(`look at ${urlOf(store, key)}`, () =>
    store.client.send(request),
  );
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
