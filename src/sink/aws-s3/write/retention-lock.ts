/**
 * The object lock of a copy. It is set when all objects are written, not when each is sent, because a copy that is rolled back
 * must be removed. palhm never asks the store to bypass a lock.
 */
import {
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import type { S3ObjectLockPlan } from '../../../config/plan/sinks/aws-s3-objects.js';
import { Failure } from '../../../failure/failure.js';
import { type FoundKey, listKeys } from '../bucket/keys.js';
import { type Store, urlOf } from '../bucket/store.js';
import { asStoreFailure } from '../client/s3-failure.js';
import { MARKER_NAME } from '../names.js';

const AT_ONCE = 16;

interface Lock {
  readonly mode: S3ObjectLockPlan['mode'];
  readonly until: Date;
}

/**
 * Locks everything below the base except the marker. The first lock is read back before the others are set, because a store may
 * answer 200 and do nothing, or even overwrite the object. Failure STORE_LACKS.
 */
export async function lockBelow(store: Store, base: string, plan: S3ObjectLockPlan): Promise<void> {
  const lock = lockFromNow(store, plan);
  const found: FoundKey[] = [];
  for await (const one of listKeys(store, base)) {
    if (one.key !== base + MARKER_NAME) found.push(one);
  }
  const [first, ...others] = found;
  if (first === undefined) return;
  try {
    await lockObject(store, first.key, lock);
    await confirmLock(store, first, lock);
    const limit = pLimit(AT_ONCE);
    await Promise.all(others.map(({ key }) => limit(() => lockObject(store, key, lock))));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const stays = `What was locked stays until ${lock.until.toISOString()}, as a version that no listing of the bucket shows.`;
    throw error.code === 'STORE_LACKS' ? error : error.withDetails([stays]);
  }
}

/** By the clock of the store, rounded up to a whole second: some stores know no smaller unit. */
function lockFromNow(store: Store, { mode, retainFor }: S3ObjectLockPlan): Lock {
  const until = Math.ceil((store.storeTime() + retainFor.ms) / 1000) * 1000;
  return { mode, until: new Date(until) };
}

async function lockObject(store: Store, key: string, { mode, until }: Lock): Promise<void> {
  const Mode = mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
  const Retention = { Mode, RetainUntilDate: until } as const;
  const request = { Bucket: store.bucket, Key: key, Retention };
  await asStoreFailure(`lock ${urlOf(store, key)}`, () =>
    store.client.send(new PutObjectRetentionCommand(request)),
  );
}

async function confirmLock(store: Store, { key, size }: FoundKey, lock: Lock) {
  const head = await headOf(store, key);
  const until = head.ObjectLockRetainUntilDate?.getTime() ?? 0;
  const isKept = head.ObjectLockMode?.toLowerCase() === lock.mode && until >= lock.until.getTime();
  if (isKept && head.ContentLength === size) return;
  throw new Failure({
    code: 'STORE_LACKS',
    message: `the store took the lock of ${urlOf(store, key)} but did not set it`,
    details: [
      head.ContentLength === size
        ? `It says: ${head.ObjectLockMode ?? 'no lock'}.`
        : 'It wrote over the object instead.',
    ],
    hint: 'give this key the right s3:GetObjectRetention, without which no lock is shown; else leave out "object-lock"',
  });
}

/** Failure COPY_LOCKED when a lock keeps any of the objects below the base. */
export async function refuseLocked(store: Store, base: string, name: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of listKeys(store, base)) keys.push(key);
  const limit = pLimit(AT_ONCE);
  const locks = await Promise.all(
    keys.map((key) => limit(async () => wordLock(store, await headOf(store, key)))),
  );
  // The lock that ends last counts. A legal hold has no end.
  const lock = locks
    .filter((text) => text !== undefined)
    .toSorted()
    .at(-1);
  if (lock === undefined) return;
  throw new Failure({
    code: 'COPY_LOCKED',
    message: `the copy ${name} is ${lock}`,
    hint: 'nothing is to be done: a later rotation removes it',
  });
}

/** The text of a lock that holds now: `locked until …`, which sorts by its end, or `under a legal hold`, which sorts after. */
function wordLock(store: Store, head: HeadObjectCommandOutput): string | undefined {
  if (head.ObjectLockLegalHoldStatus === 'ON') return 'under a legal hold';
  const until = head.ObjectLockRetainUntilDate;
  if (until === undefined || until.getTime() <= store.storeTime()) return undefined;
  return `locked until ${until.toISOString()} (${head.ObjectLockMode?.toLowerCase() ?? 'object lock'})`;
}

function headOf(store: Store, key: string): Promise<HeadObjectCommandOutput> {
  const request = new HeadObjectCommand({ Bucket: store.bucket, Key: key });
  return asStoreFailure(`look at ${urlOf(store, key)}`, () => store.client.send(request));
}
