/**
 * The lock between hosts: an object that is written only when there is none (If-None-Match: *). It expires, and its holder
 * renews it. All times are those of the store, so that the clocks of hosts may differ. A lock is dead when it has expired, or
 * when its holder ran on this host, because this run now holds the host's own lock. A dead lock is replaced by the host that
 * first makes a claim to it.
 *
 * A store without conditional puts cannot decide between two hosts. There the lock is read and then written, and two hosts
 * that start at the same instant can both do that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type LockRequest, lockedFailure } from '../../../host/file-lock.js';
import { describeHolder } from '../../../wire/lock-holder.js';
import { type Store, untilAborted } from '../bucket/store.js';
import { readText, type StoredText, writeNewText, writeText } from '../bucket/texts.js';
import { LOCK_NAME } from '../names.js';
import { newLease, parseLease, renderLease } from './lease.js';
import { type BucketLock, holdLock, releaseOurs } from './lock-renewal.js';
import { type Attempt, isDead, removeOldClaims, replaceLock } from './replace-lock.js';

const EXPIRY_MS = 180_000;
const RENEW_EVERY_MS = 30_000;
const LOOK_EVERY_MS = 2000;

export interface Contender {
  /** The boot of the host and its own lock, which this run holds. Two holders of the same one are never alive at a time. */
  readonly hostLock: string;
  /** A lock that was not renewed for this long is dead. */
  readonly expiryMs?: number;
  readonly renewEveryMs?: number;
}

type Outcome =
  | { readonly type: 'taken'; readonly isArbitrated: boolean }
  | { readonly type: 'occupied'; readonly holder: string };

export async function takeBucketLock(
  store: Store,
  { hostLock, expiryMs = EXPIRY_MS, renewEveryMs = RENEW_EVERY_MS }: Contender,
  request: LockRequest,
): Promise<BucketLock> {
  const lease = newLease(request.task, hostLock);
  const attempt = { store, key: store.base + LOCK_NAME, lease, expiryMs };
  const asking = { ...attempt, store: untilAborted(store, request.signal) };
  const deadline = performance.now() + request.waitMs;
  for (let hasTold = false; ; hasTold = true) {
    request.signal.throwIfAborted();
    const outcome = await tryTake(asking).catch((error: unknown) =>
      giveBack(attempt, request, error),
    );
    if (outcome.type === 'taken') {
      const lock = holdLock(attempt, { isArbitrated: outcome.isArbitrated, renewEveryMs });
      await orRelease(lock, () => removeOldClaims(asking));
      return lock;
    }
    const left = deadline - performance.now();
    if (left <= 0) throw lockedFailure(`the root ${store.location}`, outcome.holder, request);
    if (!hasTold) request.onWait(outcome.holder);
    await delay(Math.min(left, LOOK_EVERY_MS), undefined, { signal: request.signal }).catch(() =>
      request.signal.throwIfAborted(),
    );
  }
}

/** Does the work. When it fails, the lock is given back, so that other hosts need not wait until it expires. */
async function orRelease(lock: BucketLock, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await lock.release().catch(() => undefined);
    throw error;
  }
}

/** What was stopped while it asked for the lock may have got it. */
async function giveBack(attempt: Attempt, { signal }: LockRequest, error: unknown): Promise<never> {
  if (signal.aborted) await releaseOurs(attempt).catch(() => undefined);
  throw error;
}

async function tryTake(attempt: Attempt): Promise<Outcome> {
  const { store, key, lease } = attempt;
  const text = renderLease(lease);
  const written = await writeNewText(store, key, text);
  if (written === 'written') return { type: 'taken', isArbitrated: await isArbiter(attempt) };
  const found = await readText(store, key);
  const other = found === undefined ? undefined : parseLease(found.text);
  // The lock is ours: the answer to an earlier try was lost.
  if (other?.token === lease.token) return { type: 'taken', isArbitrated: true };
  if (written === 'unsupported') return takeWithoutArbiter(attempt, found);
  if (found === undefined) return { type: 'occupied', holder: 'it was released this moment' };
  const isReplaceable = isDead(attempt, found) && other !== undefined;
  if (isReplaceable && (await replaceLock(attempt, other.token)))
    return { type: 'taken', isArbitrated: true };
  return {
    type: 'occupied',
    holder: nameHolder(found),
  };
}

function nameHolder({ text }: StoredText): string {
  return describeHolder(text) ?? 'its lock does not say by whom';
}

/** A store that ignores the condition has just overwritten whatever was there, and overwrites it a second time. */
async function isArbiter({ store, key, lease }: Attempt): Promise<boolean> {
  return (await writeNewText(store, key, renderLease(lease))) === 'exists';
}

async function takeWithoutArbiter(
  attempt: Attempt,
  found: StoredText | undefined,
): Promise<Outcome> {
  const { store, key, lease } = attempt;
  if (found !== undefined && !isDead(attempt, found))
    return {
      type: 'occupied',
      holder: nameHolder(found),
    };
  await writeText(store, key, renderLease(lease));
  return { type: 'taken', isArbitrated: false };
}
