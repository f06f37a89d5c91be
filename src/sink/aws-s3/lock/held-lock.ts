/** A lock in a bucket that is held: it is renewed, and it can be asked whether it is ours still. */
import { randomUUID } from 'node:crypto';
import type { Lock } from '../../../host/file-lock.js';
import type { LockLease } from '../../../wire/own-files.js';
import { deleteKey } from '../keys.js';
import { readText, writeText } from '../texts.js';
import { parseLease, renderLease } from './lease.js';
import { type Attempt, replace } from './lock-claims.js';

export interface BucketLock extends Lock {
  /** Whether the store decided, so that no two hosts can hold it. */
  readonly isArbitrated: boolean;
  /**
   * Asks the store whether it is ours still and renews it. False when it was lost to another host, which happens to who
   * is suspended or cut off for longer than the expiry.
   */
  confirm(): Promise<boolean>;
  /** The same, but asks only when the last sign of life is so old that another host may soon take over. */
  confirmIfDoubtful(): Promise<boolean>;
}

export function holdLock(
  attempt: Attempt,
  { isArbitrated, renewEveryMs }: { readonly isArbitrated: boolean; readonly renewEveryMs: number },
): BucketLock {
  const { store, key, expiryMs } = attempt;
  const held: Held = { attempt, isArbitrated, lease: attempt.lease, renewedAt: store.storeTime() };
  let lost = false;
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // What fails now is tried again long before the lock expires.
    confirm().catch(() => undefined);
  }, renewEveryMs);
  timer.unref();

  /** One at a time: a slow one must not be overtaken. */
  function confirm(): Promise<boolean> {
    const turn = renewing.then(async () => {
      lost ||= !(await renew(held));
      return !lost;
    });
    renewing = turn.catch(() => undefined);
    return turn;
  }

  return {
    isArbitrated,
    confirm,
    async confirmIfDoubtful() {
      if (!lost && store.storeTime() - held.renewedAt < expiryMs / 2) return true;
      return confirm();
    },
    async release() {
      clearInterval(timer);
      await renewing;
      if (await isOurs(held)) await deleteKey(store, key);
    },
  };
}

interface Held {
  readonly attempt: Attempt;
  readonly isArbitrated: boolean;
  lease: LockLease;
  renewedAt: number;
}

/** False when it is lost. */
async function renew(held: Held): Promise<boolean> {
  const { store, expiryMs } = held.attempt;
  if (!(await isOurs(held))) return false;
  // Only now: the answer told the time, which may have stood still here.
  const startedAt = store.storeTime();
  if (!(await writeAgain(held, startedAt))) return false;
  held.renewedAt = startedAt;
  // Who took over while we were writing finds its own lock gone: neither of us may go on.
  return store.storeTime() - startedAt < expiryMs / 2;
}

async function isOurs({ attempt, lease }: Held): Promise<boolean> {
  const found = await readText(attempt.store, attempt.key);
  return found !== undefined && parseLease(found.text)?.token === lease.token;
}

/** One that may be expiring may be in the hands of another host this moment: both then have to claim it. */
async function writeAgain(held: Held, now: number): Promise<boolean> {
  const { attempt, isArbitrated, lease, renewedAt } = held;
  if (now - renewedAt < attempt.expiryMs / 2 || !isArbitrated) {
    await writeText(attempt.store, attempt.key, renderLease(lease));
    return true;
  }
  const next = { ...lease, token: randomUUID() };
  if (!(await replace({ ...attempt, lease: next }, lease.token))) return false;
  held.lease = next;
  return true;
}
