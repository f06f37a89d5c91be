/** How the size of the newest copy compares with those before it. */

export interface Trend {
  /** Bytes of the last few copies, oldest first. */
  readonly sizes: readonly number[];
  /** Of the copies before the newest; undefined when there are none. */
  readonly median: number | undefined;
  /** The newest compared with the median: 0.02 is two per cent more. Undefined without a median, or when it is 0. */
  readonly change: number | undefined;
}

const LAST = 5;

/** `all`: the sizes of all copies, oldest first. */
export function measureTrend(all: readonly number[]): Trend {
  const sizes = all.slice(-LAST);
  const newest = sizes.at(-1);
  const median = medianOf(sizes.slice(0, -1));
  const isComparable = newest !== undefined && median !== undefined && median > 0;
  return { sizes, median, change: isComparable ? newest / median - 1 : undefined };
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined || sorted.length % 2 === 1) return middle;
  return ((sorted[sorted.length / 2 - 1] ?? middle) + middle) / 2;
}
