/** Small objects that palhm reads and writes itself: manifests, records, markers, locks. */
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { MANIFEST_NAME } from '../../copy/manifest.js';
import { LARGEST_MANIFEST, tooLargeForManifest } from '../judge-copy.js';
import { asStoreFailure, codeOf, isMissing, statusOf } from './client/s3-failure.js';
import { nameOf, type Store } from './store.js';

export interface StoredText {
  readonly text: string;
  /** Bytes of the whole object, as far as the store tells. */
  readonly size: number;
  /** Epoch milliseconds, by the store's clock. */
  readonly modified: number;
  /** Until when an object lock keeps it, epoch milliseconds, for who may see it. */
  readonly lockedUntil: number | undefined;
}

const READ_ATTEMPTS = 3;

/** Bytes of a marker, a lock or a claim, which have a few hundred. */
const LARGEST = 64 * 1024;

/**
 * The text of a small object; undefined when there is none. Of what is larger than `largest`, and so none of palhm's, it is
 * the beginning.
 */
export async function readText(
  store: Store,
  key: string,
  largest: number = LARGEST,
): Promise<StoredText | undefined> {
  const { bucket: Bucket, client } = store;
  return asStoreFailure(`read ${nameOf(store, key)}`, async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        const { Body, ContentLength, LastModified, ObjectLockRetainUntilDate } = await client.send(
          new GetObjectCommand({ Bucket, Key: key }),
        );
        const isLarger = ContentLength !== undefined && ContentLength > largest;
        const bytes = await readStart(Body, isLarger ? LARGEST : largest);
        const modified = LastModified?.getTime() ?? store.storeTime();
        const lockedUntil = ObjectLockRetainUntilDate?.getTime();
        const size = Math.max(ContentLength ?? 0, bytes.length);
        return { text: bytes.toString('utf8', 0, largest), size, modified, lockedUntil };
      } catch (error) {
        if (isMissing(error)) return undefined;
        // The SDK does not repeat what breaks in the middle of an answer.
        if (statusOf(error) !== undefined || attempt === READ_ATTEMPTS) throw error;
      }
    }
  });
}

/** More than `largest` bytes, should there be more: who sees them knows. The rest is not waited for. */
async function readStart(body: unknown, largest: number): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (!(body instanceof Readable)) throw new Error('the SDK gave no stream of Node');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new Error('the SDK gave no bytes');
    chunks.push(chunk);
    size += chunk.length;
    if (size > largest) break;
  }
  return Buffer.concat(chunks);
}

/** The same for the manifest of the copy with this base. Failure MANIFEST_INVALID for what is too large to be one. */
export async function readManifestText(
  store: Store,
  base: string,
): Promise<StoredText | undefined> {
  const key = base + MANIFEST_NAME;
  const stored = await readText(store, key, LARGEST_MANIFEST);
  if (stored === undefined || stored.size <= LARGEST_MANIFEST) return stored;
  throw tooLargeForManifest(nameOf(store, key), stored.size);
}

export async function writeText(store: Store, key: string, text: string): Promise<void> {
  const command = new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: text });
  await asStoreFailure(`write ${nameOf(store, key)}`, () => store.client.send(command));
}

/**
 * Writes a small object where there is none. `unsupported`: the store has no conditional put, nothing was written.
 * `exists` may be an earlier attempt of ours whose answer was lost: who cares compares the text.
 */
export async function writeNewText(
  store: Store,
  key: string,
  text: string,
): Promise<'written' | 'exists' | 'unsupported'> {
  const command = new PutObjectCommand({
    Bucket: store.bucket,
    Key: key,
    Body: text,
    IfNoneMatch: '*',
  });
  return asStoreFailure(`write ${nameOf(store, key)}`, async () => {
    try {
      await store.client.send(command);
      return 'written';
    } catch (error) {
      if (codeOf(error) === 'NotImplemented' || statusOf(error) === 501) return 'unsupported';
      if ([409, 412].includes(statusOf(error) ?? 0)) return 'exists';
      throw error;
    }
  });
}
