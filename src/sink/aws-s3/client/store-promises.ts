/**
 * What a store may be asked for and pass over without a word: a Ceph gateway of version 16 takes "AES256" and does not
 * encrypt, Swift's S3 API takes a lock of an object and writes its text over the object. So it is proved before a copy is
 * begun, and a copy that would not be what the config promises is not made.
 */
import { GetObjectLockConfigurationCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { S3EncryptionPlan } from '../../../config/plan/sinks/aws-s3-objects.js';
import { Failure } from '../../../failure/failure.js';
import { LOCK_NAME } from '../names.js';
import { nameOf, type Store } from '../store.js';
import { asStoreFailure, statusOf } from './s3-failure.js';

/** Failure STORE_LACKS. Called under the lock, whose object is one that has just been written. */
export async function confirmPromises(
  store: Store,
  { encryption, objectLock }: Pick<S3Plan, 'encryption' | 'objectLock'>,
): Promise<void> {
  const key = store.base + LOCK_NAME;
  if (encryption !== undefined) await confirmEncryption(store, encryption, key);
  if (objectLock !== undefined) await confirmLocking(store);
}

/** `key` is of an object that was written with this plan. */
export async function confirmEncryption(
  store: Store,
  encryption: S3EncryptionPlan,
  key: string,
): Promise<void> {
  const request = { Bucket: store.bucket, Key: key };
  const { ServerSideEncryption } = await asStoreFailure(`look at ${nameOf(store, key)}`, () =>
    store.client.send(new HeadObjectCommand(request)),
  );
  if (ServerSideEncryption !== encryption.algorithm) throw notEncrypted(encryption);
}

export function notEncrypted({ algorithm }: S3EncryptionPlan): Failure {
  return new Failure({
    code: 'STORE_LACKS',
    message: `the store takes "server-side-encryption": "${algorithm}" but does not encrypt`,
    hint: 'leave it out and encrypt in the pipeline (gpg, age), or use a store that can do it',
  });
}

/** The same for a bucket without object lock and a store that has none. */
export async function confirmLocking(store: Store): Promise<void> {
  const locking = await asStoreFailure(`see whether s3://${store.bucket} has object lock`, () =>
    askLocking(store),
  );
  if (locking) return;
  throw new Failure({
    code: 'STORE_LACKS',
    message: `the bucket ${store.bucket} has no object lock, or its store knows none`,
    hint: 'turn on object lock for the bucket, with its versioning, or leave out "object-lock"',
  });
}

async function askLocking(store: Store): Promise<boolean> {
  const request = new GetObjectLockConfigurationCommand({ Bucket: store.bucket });
  try {
    const { ObjectLockConfiguration } = await store.client.send(request);
    // Stores that do not know the question answer with the listing of the bucket.
    return ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
  } catch (error) {
    if ([400, 404, 405, 501].includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}

/** Whether objects of the bucket may be locked. Where that may not be asked, they may be. */
export async function mayHaveLocks(store: Store): Promise<boolean> {
  return asStoreFailure(`see whether s3://${store.bucket} has object lock`, async () => {
    try {
      return await askLocking(store);
    } catch (error) {
      if (statusOf(error) === 403) return true;
      throw error;
    }
  });
}
