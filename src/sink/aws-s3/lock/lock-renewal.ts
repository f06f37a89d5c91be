/** Keeps a lock in a bucket: renews it, and can tell whether it still belongs to this run. */
import { randomUUID } from 'node:crypto';
import type { Lock } from '../../../host/file-lock.js';
import type { LockLease } from '../../../wire/own-files.js';
import { deleteKey } from '../bucket/keys.js';
import { readText, writeText } from '../bucket/texts.js';
import { parseLease, renderLease } from './lease.js';
import { type Attempt, replaceLock } from './replace-lock.js';

export interface BucketLock extends Lock {
  /** True when the store decided who gets the lock, so that no two hosts can have it. */
  readonly isArbitrated: boolean;
  /**
   * Asks the store whether the lock is still ours, and renews it. False when another host has it. That happens when this
   * host was suspended or cut off for longer than the expiry.
   */
  confirm(): Promise<boolean>;
  /** Like `confirm`, but asks only when the last renewal is so old that another host may soon take the lock. */
  confirmIfDoubtful(): Promise<boolean>;
}

export function holdLock(
  attempt: Attempt,
  { isArbitrated, renewEveryMs }: { readonly isArbitrated: boolean; readonly renewEveryMs: number },
): BucketLock {
  const { store, expiryMs } = attempt;
  const state: State = {
    attempt,
    isArbitrated,
    lease: attempt.lease,
    renewedAt: store.storeTime(),
  };
  let isLost = false;
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // When it fails, there is time for several more tries before the lock expires.
    confirm().catch(() => undefined);
  }, renewEveryMs);
  timer.unref();

  /** One renewal at a time, so that none can overtake a slow one. */
  function confirm(): Promise<boolean> {
    const answer = renewing.then(async () => {
      isLost ||= !(await renew(state));
      return !isLost;
    });
    renewing = answer.catch(() => undefined);
    return answer;
  }

  return {
    isArbitrated,
    confirm,
    async confirmIfDoubtful() {
      if (!isLost && store.storeTime() - state.renewedAt < expiryMs / 2) return true;
      return confirm();
    },
    async release() {
      clearInterval(timer);
      await renewing;
      await releaseOurs({ ...attempt, lease: state.lease });
    },
  };
}

interface State {
  readonly attempt: Attempt;
  readonly isArbitrated: boolean;
  lease: LockLease;
  /** By the store's clock, epoch milliseconds. */
  renewedAt: number;
}

/** False when the lock is lost. */
async function renew(state: State): Promise<boolean> {
  const { store, expiryMs } = state.attempt;
  if (!(await isOurs({ ...state.attempt, lease: state.lease }))) return false;
  // Not before this answer, which told the time of the store: this host may have been suspended until now.
  const startedAt = store.storeTime();
  if (!(await writeAgain(state, startedAt))) return false;
  state.renewedAt = startedAt;
  // If this took long, another host may have taken the lock meanwhile, and this has overwritten its text. Then neither may
  // go on.
  return store.storeTime() - startedAt < expiryMs / 2;
}

/** Removes the lock unless another host has it. */
export async function releaseOurs(attempt: Omit<Attempt, 'expiryMs'>): Promise<void> {
  if (await isOurs(attempt)) await deleteKey(attempt.store, attempt.key);
}

async function isOurs({ store, key, lease }: Omit<Attempt, 'expiryMs'>): Promise<boolean> {
  const found = await readText(store, key);
  return found !== undefined && parseLease(found.text)?.token === lease.token;
}

/** False when another host has replaced the lock. When the lock may be expiring, both hosts have to claim it. */
async function writeAgain(state: State, now: number): Promise<boolean> {
  const { attempt, isArbitrated, lease, renewedAt } = state;
  if (now - renewedAt < attempt.expiryMs / 2 || !isArbitrated) {
    await writeText(attempt.store, attempt.key, renderLease(lease));
    return true;
  }
  const next = { ...lease, token: randomUUID() };
  if (!(await replaceLock({ ...attempt, lease: next }, lease.token))) return false;
  state.lease = next;
  return true;
}
