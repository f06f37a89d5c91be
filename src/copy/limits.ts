/** The two limits of rotation, `nb-copy-limit` and `root-size-limit`: which copies they remove, and why. */
import { formatSize, type Limit } from '../units/bytes.js';
import type { Copy } from './copy.js';
import type { RetentionPolicy } from './policy.js';
import { hasManifest, isKnownDamaged, isSound } from './trust.js';

export interface LimitRequest {
  /** What the rules keep, oldest first. */
  readonly copies: readonly Copy[];
  /** What no limit removes. */
  readonly untouchable: { has(copy: Copy): boolean };
}

/** The copies of one rank, and those that count while it is their turn. See `retention.ts`. */
interface Rank {
  readonly copies: readonly Copy[];
  readonly counted: readonly Copy[];
  readonly weighed: readonly Copy[];
  readonly why: string;
}

/** What goes until both limits hold, with the reason: the lowest rank first, within a rank the oldest. */
export function applyLimits(
  policy: Pick<RetentionPolicy, 'copies' | 'size'>,
  { copies, untouchable }: LimitRequest,
): ReadonlyMap<Copy, string> {
  const removed = new Map<Copy, string>();
  for (const rank of ranksOf(copies)) {
    let count = BigInt(rank.counted.length);
    let size = sizeOf(rank.weighed.filter((copy) => !removed.has(copy)));
    for (const copy of rank.copies.filter((one) => !untouchable.has(one))) {
      const isOverCount = exceeds(count, policy.copies);
      if (!isOverCount && !exceeds(size, policy.size)) break;
      const limit = isOverCount
        ? `nb-copy-limit ${showLimit(policy.copies, String)}`
        : `root-size-limit ${showLimit(policy.size, showBytes)}`;
      removed.set(copy, `over ${limit}, ${rank.why}`);
      count -= 1n;
      size -= BigInt(copy.size);
    }
  }
  return removed;
}

function ranksOf(all: readonly Copy[]): readonly Rank[] {
  const known = all.filter(hasManifest);
  const sound = known.filter(isSound);
  const bare = all.filter((copy) => !hasManifest(copy));
  const damaged = known.filter(isKnownDamaged);
  return [
    { copies: bare, counted: all, weighed: all, why: 'without a manifest' },
    { copies: damaged, counted: known, weighed: known, why: 'known to be damaged' },
    { copies: sound, counted: sound, weighed: known, why: 'oldest first' },
  ];
}

function sizeOf(copies: readonly Copy[]): bigint {
  return copies.reduce((sum, copy) => sum + BigInt(copy.size), 0n);
}

function exceeds(value: bigint, limit: Limit): boolean {
  return limit.type === 'at-most' && value > limit.value;
}

function showLimit(limit: Limit, show: (value: bigint) => string): string {
  return limit.type === 'at-most' ? show(limit.value) : 'none';
}

function showBytes(bytes: bigint): string {
  return formatSize(Number(bytes));
}
