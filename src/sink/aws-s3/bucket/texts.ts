/** Reads and writes the small objects of palhm itself: manifests, records, markers, locks. */
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import { LARGEST_MANIFEST, manifestTooLarge, notUtf8 } from '../../stored-manifest.js';
import { asStoreFailure, codeOf, isMissing, statusOf } from '../client/s3-failure.js';
import { type Store, urlOf } from './store.js';

export interface StoredText {
  /** Empty when the object is not UTF-8: palhm did not write it. */
  readonly text: string;
  /** The size of the whole object in bytes, as far as the store tells. */
  readonly size: number;
  /** Epoch milliseconds, by the clock of the store. */
  readonly modified: number;
  /** The end of its object lock in epoch milliseconds. Undefined without one, or when this key may not see it. */
  readonly lockedUntil: number | undefined;
}

const READ_ATTEMPTS = 3;

/** Bytes. A marker, a lock or a claim has a few hundred. */
const LARGEST = 64 * 1024;

/**
 * The text of a small object. Undefined when there is none. An object that is larger than `largest` bytes was not written by
 * palhm; only the beginning of it is read.
 */
export async function readText(
  store: Store,
  key: string,
  largest: number = LARGEST,
): Promise<StoredText | undefined> {
  return asStoreFailure(`read ${urlOf(store, key)}`, async () => {
    for (let attempt = 1; ; attempt++) {
      const answer = await getObject(store, key);
      if (answer === undefined) return undefined;
      try {
        return await textOf(store, answer, largest);
      } catch (error) {
        // The SDK repeats requests, but not when a connection breaks in the middle of the body.
        if (attempt === READ_ATTEMPTS) throw error;
      }
    }
  });
}

async function getObject(
  { client, bucket: Bucket }: Store,
  Key: string,
): Promise<GetObjectCommandOutput | undefined> {
  try {
    return await client.send(new GetObjectCommand({ Bucket, Key }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function textOf(
  store: Store,
  { Body, ContentLength, LastModified, ObjectLockRetainUntilDate }: GetObjectCommandOutput,
  largest: number,
): Promise<StoredText> {
  const isLarger = ContentLength !== undefined && ContentLength > largest;
  const bytes = await readStart(Body, isLarger ? LARGEST : largest);
  const start = bytes.subarray(0, largest);
  return {
    text: isUtf8(start) ? start.toString('utf8') : '',
    size: Math.max(ContentLength ?? 0, bytes.length),
    modified: LastModified?.getTime() ?? store.storeTime(),
    lockedUntil: ObjectLockRetainUntilDate?.getTime(),
  };
}

/** The first bytes of an answer. There are more than `largest` when the object is larger; the rest is not read. */
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

/** The manifest of the copy with this base. Failure MANIFEST_INVALID when the object is too large to be one, or not UTF-8. */
export async function readManifestText(
  store: Store,
  base: string,
): Promise<StoredText | undefined> {
  const key = base + MANIFEST_NAME;
  const stored = await readText(store, key, LARGEST_MANIFEST);
  if (stored === undefined) return undefined;
  if (stored.size > LARGEST_MANIFEST) throw manifestTooLarge(urlOf(store, key), stored.size);
  if (stored.text === '' && stored.size > 0) throw notUtf8(urlOf(store, key));
  return stored;
}

export async function writeText(store: Store, key: string, text: string): Promise<void> {
  const command = new PutObjectCommand({ Bucket: store.bucket, Key: key, Body: text });
  await asStoreFailure(`write ${urlOf(store, key)}`, () => store.client.send(command));
}

/**
 * Writes a small object only when there is none. `unsupported`: the store has no conditional put, and nothing was written.
 * `exists` can also mean that an earlier attempt succeeded and its answer was lost; the caller can compare the text.
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
  return asStoreFailure(`write ${urlOf(store, key)}`, async () => {
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
