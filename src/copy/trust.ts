/** What rotation makes of what is known of copies: which have been proved whole, which are known to be damaged. */
import type { Copy } from './copy.js';
import { isVerified } from './records.js';

/** Found damaged when it was last read: it may be restored in part, but it protects nothing. */
export function isKnownDamaged({ records }: Copy): boolean {
  return records.verify?.result === 'damaged';
}

/** The copies that stay because of what is known of them, with the reason. From copies sorted oldest first. */
export function findTrusted(copies: readonly Copy[]): ReadonlyMap<Copy, string> {
  const trusted = new Map<Copy, string>();
  const sound = copies.findLast((copy) => !isKnownDamaged(copy));
  if (sound !== undefined) trusted.set(sound, 'the newest copy that is not known to be damaged');
  const verified = copies.findLast(({ records }) => isVerified(records));
  if (verified !== undefined) trusted.set(verified, 'the newest copy that was verified');
  return trusted;
}
