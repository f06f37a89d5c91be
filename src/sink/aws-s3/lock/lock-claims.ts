/** Who may replace a lock that shows no sign of life: who first makes an object that is named after that very lock. */

import type { LockLease } from '../../../wire/own-files.js';
import { deleteKey, listKeys } from '../keys.js';
import { CLAIM_START } from '../names.js';
import type { Store } from '../store.js';
import { readText, type StoredText, writeNewText, writeText } from '../texts.js';
import { parseLease, renderLease } from './lease.js';

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

/** Two who find the same dead lock both want to replace it: who first claims its token may. */
export async function replace(attempt: Attempt, token: string): Promise<boolean> {
  const { store, key, lease } = attempt;
  const claim = `${store.base}${CLAIM_START}${token}`;
  const claimed = await writeNewText(store, claim, renderLease(lease));
  if (claimed !== 'written' && !(await isDeadClaim(attempt, claim))) return false;
  // Somebody may have replaced it and removed the claim, or its holder may have renewed it, since we read it.
  const still = await readText(store, key);
  const isSame =
    still !== undefined && parseLease(still.text)?.token === token && isDead(attempt, still);
  if (isSame) await writeText(store, key, renderLease(lease));
  await deleteKey(store, claim);
  return isSame;
}

/** Who made a claim and died before using it must not keep the root locked for ever. */
async function isDeadClaim(attempt: Attempt, claim: string): Promise<boolean> {
  const found = await readText(attempt.store, claim);
  return found !== undefined && isDead(attempt, found);
}

/** Claims of those who died before using them. That to our own lock, should there be one, is for who made it. */
export async function removeOldClaims({ store, lease }: Attempt): Promise<void> {
  const start = `${store.base}${CLAIM_START}`;
  for await (const { key } of listKeys(store, start)) {
    if (key !== start + lease.token) await deleteKey(store, key);
  }
}
