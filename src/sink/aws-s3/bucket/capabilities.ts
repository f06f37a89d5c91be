/**
 * Tests whether a store does what the config asks for. Some stores accept a request and ignore a part of it: a Ceph gateway
 * of version 16 accepts "AES256" and does not encrypt, and the S3 API of Swift accepts a lock of an object and overwrites the
 * object with the text of the lock. So this is tested before a copy is begun, and without it no copy is made.
 */
import { GetObjectLockConfigurationCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { S3EncryptionPlan } from '../../../config/plan/sinks/aws-s3-objects.js';
import { Failure } from '../../../failure/failure.js';
import { asStoreFailure, statusOf } from '../client/s3-failure.js';
import { LOCK_NAME } from '../names.js';
import { type Store, urlOf } from './store.js';

/** Failure STORE_LACKS. To be called under the lock: the lock object, which was just written, is the one that is tested. */
export async function confirmCapabilities(
  store: Store,
  { encryption, objectLock }: Pick<S3Plan, 'encryption' | 'objectLock'>,
): Promise<void> {
  const key = store.base + LOCK_NAME;
  if (encryption !== undefined) await confirmEncryption(store, encryption, key);
  if (objectLock !== undefined) await confirmLocking(store);
}

/** The object `key` was written with this plan. */
export async function confirmEncryption(
  store: Store,
  encryption: S3EncryptionPlan,
  key: string,
): Promise<void> {
  const request = { Bucket: store.bucket, Key: key };
  const { ServerSideEncryption } = await asStoreFailure(`look at ${urlOf(store, key)}`, () =>
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

/** Failure STORE_LACKS when the bucket has no object lock or the store does not know it. */
export async function confirmLocking(store: Store): Promise<void> {
  const hasLock = await asStoreFailure(`see whether s3://${store.bucket} has object lock`, () =>
    hasObjectLock(store),
  );
  if (hasLock) return;
  throw new Failure({
    code: 'STORE_LACKS',
    message: `the bucket ${store.bucket} has no object lock, or its store knows none`,
    hint: 'turn on object lock for the bucket, with its versioning, or leave out "object-lock"',
  });
}

async function hasObjectLock(store: Store): Promise<boolean> {
  const request = new GetObjectLockConfigurationCommand({ Bucket: store.bucket });
  try {
    const { ObjectLockConfiguration } = await store.client.send(request);
    // A store that does not know this request answers with the listing of the bucket.
    return ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
  } catch (error) {
    if ([400, 404, 405, 501].includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}

/** Whether objects of the bucket can have a lock. True also when this key may not ask. */
export async function mayHaveLocks(store: Store): Promise<boolean> {
  return asStoreFailure(`see whether s3://${store.bucket} has object lock`, async () => {
    try {
      return await hasObjectLock(store);
    } catch (error) {
      if (statusOf(error) === 403) return true;
      throw error;
    }
  });
}
