/**
 * Finds gaps between copies that come from a jump of the clock and not from a schedule.
 *
 * A host whose clock was at 1970 or 2099 for a while makes copies that are decades away from the others. The copies
 * before such a gap are not old, they only seem to be. A gap is implausible when it is longer than any gap that rotation
 * itself can leave, and longer than four times the median of the gaps after it. Only copies after the gap that the rules
 * keep are used for the median. Removing others does not change it, so the next rotation comes to the same result.
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
  /** The copies that are kept with or without a gap. */
  readonly wanted: ReadonlySet<Copy>;
  /** True when rotation keeps one copy a year: these may be up to two years apart. */
  readonly thinnedToYears: boolean;
}

const DAY_MICROS = 86_400_000_000;
const LONG = 100 * DAY_MICROS;
/** 740 days: more than from the first day of a year to the last day of the next. */
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

/** When there are no gaps after it for a median, a gap below two years is plausible. */
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
