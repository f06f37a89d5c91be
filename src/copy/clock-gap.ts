/**
 * Gaps between copies that look like a jump of the clock rather than like a schedule.
 *
 * A host whose clock stood at 1970 or 2099 for a while leaves copies decades from the others. What lies before such a
 * gap is not old, it only looks so. A gap is implausible when it is longer than any that rotation itself leaves, and
 * longer than four times the median gap after it. Only copies that the rules want count for that median, and only those
 * after the gap: neither changes when rotation removes copies, so that what is spared once is spared the next time too.
 */
import type { Copy } from './copy.js';

export interface ClockGap {
  /** The copies before the gap, oldest first. */
  readonly before: readonly Copy[];
  readonly micros: number;
}

export interface GapRequest {
  /** Oldest first. */
  readonly copies: readonly Copy[];
  /** Those that stay whatever the gap is. */
  readonly wanted: ReadonlySet<Copy>;
  /** True when rotation keeps one copy a year: what it leaves is then up to two years apart. */
  readonly thinnedToYears: boolean;
}

const DAY_MICROS = 86_400_000_000;
const LONG = 100 * DAY_MICROS;
/** Longer than from the first day of one year to the last day of the next. */
const TWO_YEARS = 740 * DAY_MICROS;

/** The most recent implausible gap. */
export function findClockGap(request: GapRequest): ClockGap | undefined {
  const { copies } = request;
  for (let index = copies.length - 1; index > 0; index -= 1) {
    const micros = gapBefore(copies, index);
    if (micros > LONG && micros > longestPlausible(request, index)) {
      return { before: copies.slice(0, index), micros };
    }
  }
  return undefined;
}

/** For people: `73 years`, `230 days`. */
export function formatGap(gap: ClockGap): string {
  const days = Math.floor(gap.micros / DAY_MICROS);
  return days < 730 ? `${days} days` : `${Math.floor(days / 365.25)} years`;
}

/** Without a gap after it to compare with, one of less than two years may be the schedule. */
function longestPlausible(request: GapRequest, index: number): number {
  const { copies, wanted, thinnedToYears } = request;
  const after = copies.slice(index).filter((copy) => wanted.has(copy));
  const gaps = after.slice(1).map((_, position) => gapBefore(after, position + 1));
  const usual = gaps.length === 0 ? TWO_YEARS : 4 * median(gaps);
  return Math.max(usual, thinnedToYears ? TWO_YEARS : LONG);
}

function gapBefore(copies: readonly Copy[], index: number): number {
  return (copies[index]?.prefix.micros ?? 0) - (copies[index - 1]?.prefix.micros ?? 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
