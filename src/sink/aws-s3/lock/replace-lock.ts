/**
 * Decides who may replace a dead lock: the host that first makes an object named after this very lock, its claim.
 */
import type { LockLease } from '../../../wire/own-files.js';
import { deleteKey, listKeys } from '../bucket/keys.js';
import type { Store } from '../bucket/store.js';
import { readText, type StoredText, writeNewText, writeText } from '../bucket/texts.js';
import { CLAIM_START } from '../names.js';
import { parseLease, renderLease } from './lease.js';

/** One attempt to take the lock object `key` with this lease. */
export interface Attempt {
  readonly store: Store;
  readonly key: string;
  readonly lease: LockLease;
  readonly expiryMs: number;
}

export function isDead({ store, lease, expiryMs }: Attempt, found: StoredText): boolean {
  if (parseLease(found.text)?.hostLock === lease.hostLock) return true;
  return store.storeTime() - found.modified > expiryMs;
}

/** Replaces the lock with this token. False when another host was faster, or when the lock is not dead any more. */
export async function replaceLock(attempt: Attempt, token: string): Promise<boolean> {
  const { store, key, lease } = attempt;
  const claim = `${store.base}${CLAIM_START}${token}`;
  const claimed = await writeNewText(store, claim, renderLease(lease));
  if (claimed !== 'written' && !(await isDeadClaim(attempt, claim))) return false;
  // Since it was read, another host may have replaced it and removed the claim, or its holder may have renewed it.
  const still = await readText(store, key);
  const isSame =
    still !== undefined && parseLease(still.text)?.token === token && isDead(attempt, still);
  if (isSame) await writeText(store, key, renderLease(lease));
  await deleteKey(store, claim);
  return isSame;
}

/** A host that made a claim and died before it used the claim must not keep the root locked for ever. */
async function isDeadClaim(attempt: Attempt, claim: string): Promise<boolean> {
  const found = await readText(attempt.store, claim);
  return found !== undefined && isDead(attempt, found);
}

/** Removes the claims of hosts that died before using them. A claim to our own lock belongs to the host that made it. */
export async function removeOldClaims({ store, lease }: Attempt): Promise<void> {
  const start = `${store.base}${CLAIM_START}`;
  for await (const { key } of listKeys(store, start)) {
    if (key !== start + lease.token) await deleteKey(store, key);
  }
}
