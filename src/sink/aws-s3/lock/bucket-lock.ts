/**
 * The lock between hosts: an object that is made only where there is none (If-None-Match: *), with an expiry that its
 * holder renews. Time is the store's own, so that clocks may differ. A lock that is dead, because it has expired or its
 * holder was of this host, whose own lock we hold, is replaced by who first makes a claim to replace that very one.
 *
 * A store without conditional puts is no arbiter: there the lock is looked at and written, which two hosts that start in
 * the same instant can both do.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type LockRequest, lockedFailure } from '../../../host/file-lock.js';
import { describeHolder } from '../../../wire/lock-holder.js';
import { LOCK_NAME } from '../names.js';
import { type Store } from '../store.js';
import { readText, type StoredText, writeNewText, writeText } from '../texts.js';
import { type BucketLock, holdLock } from './held-lock.js';
import { newLease, parseLease, renderLease } from './lease.js';
import { type Attempt, isDead, removeOldClaims, replace } from './lock-claims.js';

const EXPIRY_MS = 180_000;
const RENEW_EVERY_MS = 30_000;
const LOOK_EVERY_MS = 2000;

export interface Contender {
  /** Of the host's own lock, which is held. */
  readonly hostLock: string;
  /** After so long without a sign of life a lock is dead. */
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
  const deadline = performance.now() + request.waitMs;
  for (let told = false; ; told = true) {
    request.signal.throwIfAborted();
    const outcome = await tryTake(attempt);
    if (outcome.type === 'taken') {
      await removeOldClaims(attempt);
      return holdLock(attempt, { isArbitrated: outcome.isArbitrated, renewEveryMs });
    }
    const left = deadline - performance.now();
    if (left <= 0) throw lockedFailure(store.location, outcome.holder, request);
    if (!told) request.onWait(outcome.holder);
    await delay(Math.min(left, LOOK_EVERY_MS), undefined, { signal: request.signal }).catch(() =>
      request.signal.throwIfAborted(),
    );
  }
}

async function tryTake(attempt: Attempt): Promise<Outcome> {
  const { store, key, lease } = attempt;
  const text = renderLease(lease);
  const written = await writeNewText(store, key, text);
  if (written === 'written') return { type: 'taken', isArbitrated: await isArbiter(attempt) };
  const found = await readText(store, key);
  const other = found === undefined ? undefined : parseLease(found.text);
  // The answer to our first try was lost.
  if (other?.token === lease.token) return { type: 'taken', isArbitrated: true };
  if (written === 'unsupported') return takeWithoutArbiter(attempt, found);
  if (found === undefined) return { type: 'occupied', holder: 'it was released this moment' };
  const dead = isDead(attempt, found) && other !== undefined;
  if (dead && (await replace(attempt, other.token))) return { type: 'taken', isArbitrated: true };
  return { type: 'occupied', holder: describeHolder(found.text) };
}

/** A store that takes no notice of the condition has just written over whatever there was; it does so again. */
async function isArbiter({ store, key, lease }: Attempt): Promise<boolean> {
  return (await writeNewText(store, key, renderLease(lease))) === 'exists';
}

async function takeWithoutArbiter(
  attempt: Attempt,
  found: StoredText | undefined,
): Promise<Outcome> {
  const { store, key, lease } = attempt;
  if (found !== undefined && !isDead(attempt, found))
    return { type: 'occupied', holder: describeHolder(found.text) };
  await writeText(store, key, renderLease(lease));
  return { type: 'taken', isArbitrated: false };
}
