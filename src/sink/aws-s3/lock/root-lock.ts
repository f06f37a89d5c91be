/** The lock of a root in a bucket: first that of this host, then that in the bucket. */
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';
import type { Environment } from '../../../exec/values.js';
import type { LockRequest } from '../../../host/file-lock.js';
import { type HostLock, identifyBoot, takeHostLock } from '../../../host/host-lock.js';
import { HOLDER_NOTES } from '../../../wire/lock-holder.js';
import type { Store } from '../bucket/store.js';
import { takeBucketLock } from './bucket-lock.js';
import type { BucketLock } from './lock-renewal.js';

export interface LockedRoot {
  readonly plan: S3Plan;
  readonly store: Store;
  readonly environment: Environment;
}

/** The host's lock comes first, so that waiting for another run of this host asks the store nothing. */
export async function takeRootLock(
  { plan, store, environment }: LockedRoot,
  request: LockRequest,
): Promise<BucketLock> {
  const startedAt = performance.now();
  let hasTold = false;
  const onWait = (holder: string): void => {
    if (!hasTold) request.onWait(holder);
    hasTold = true;
  };
  const ofHost = await takeHostLock(hostLockOf(plan), environment, { ...request, onWait });
  try {
    const waitMs = Math.max(0, request.waitMs - (performance.now() - startedAt));
    const contender = { hostLock: `${identifyBoot()} ${ofHost.file}` };
    const ofBucket = await takeBucketLock(store, contender, { ...request, waitMs, onWait });
    return {
      ...ofBucket,
      async release() {
        try {
          await ofBucket.release();
        } finally {
          await ofHost.release();
        }
      },
    };
  } catch (error) {
    await ofHost.release();
    throw error;
  }
}

/** The kernel releases it when its holder dies, which no lock in a bucket can offer. Between users the lock in the bucket decides. */
function hostLockOf({ endpoint, bucket, root }: S3Plan): HostLock {
  const what = `the root s3://${bucket}/${root}`;
  return { key: [endpoint ?? null, bucket, root], what, notes: HOLDER_NOTES };
}
