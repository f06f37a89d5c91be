/** Small objects that palhm reads and writes itself: manifests, records, markers, locks. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { asStoreFailure, codeOf, isMissing, statusOf } from './client/s3-failure.js';
import { nameOf, type Store } from './store.js';

export interface StoredText {
  readonly text: string;
  /** Epoch milliseconds, by the store's clock. */
  readonly modified: number;
  /** Until when an object lock keeps it, epoch milliseconds, for who may see it. */
  readonly lockedUntil: number | undefined;
}

const READ_ATTEMPTS = 3;

/** The text of a small object; undefined when there is none. */
export async function readText(store: Store, key: string): Promise<StoredText | undefined> {
  const { bucket: Bucket, client } = store;
  return asStoreFailure(`read ${nameOf(store, key)}`, async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        const { Body, LastModified, ObjectLockRetainUntilDate } = await client.send(
          new GetObjectCommand({ Bucket, Key: key }),
        );
        const text = (await Body?.transformToString('utf8')) ?? '';
        const modified = LastModified?.getTime() ?? store.storeTime();
        return { text, modified, lockedUntil: ObjectLockRetainUntilDate?.getTime() };
      } catch (error) {
        if (isMissing(error)) return undefined;
        // The SDK does not repeat what breaks in the middle of an answer.
        if (statusOf(error) !== undefined || attempt === READ_ATTEMPTS) throw error;
      }
    }
  });
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
