/** Which copies rotation must keep because they were verified, or because they are not known to be damaged. */
import type { Copy } from './copy.js';
import { isVerified } from './records.js';

/** The last verify found it damaged. Perhaps a part of it can be restored, but nobody can rely on it. */
export function isKnownDamaged({ records }: Copy): boolean {
  return records.verify?.result === 'damaged';
}

export function isSound(copy: Copy): boolean {
  return !isKnownDamaged(copy);
}

export function hasManifest({ manifest }: Pick<Copy, 'manifest'>): boolean {
  return manifest;
}

/** The copies that must be kept, with the reason. `copies` are sorted, oldest first. */
export function findTrusted(copies: readonly Copy[]): ReadonlyMap<Copy, string> {
  const trusted = new Map<Copy, string>();
  const sound =
    copies.findLast((copy) => hasManifest(copy) && isSound(copy)) ?? copies.findLast(isSound);
  if (sound !== undefined) trusted.set(sound, 'the newest copy that is not known to be damaged');
  const verified = copies.findLast(({ records }) => isVerified(records));
  if (verified !== undefined) trusted.set(verified, 'the newest copy that was verified');
  return trusted;
}
