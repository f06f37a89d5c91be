/** Whether the stored size of an object is what is expected: by itself, and beside its size in the newest copy. */
import type { ExpectPlan } from '../config/plan/plan.js';
import { formatSize } from '../units/bytes.js';

/** What is wrong with it, as a sentence, if anything. */
export function judgeLeast({ minSize = 0 }: ExpectPlan, size: number): readonly string[] {
  if (size >= minSize) return [];
  const [has, least] = wordSizes(size, minSize);
  return [`it has ${has}, at least ${least} is expected`];
}

export interface Sizes {
  readonly size: number;
  /** In the newest copy. */
  readonly last: number;
}

/** What is wrong with it, as a sentence; undefined when nothing is. Nothing has grown by a percentage of nothing. */
export function judgeChange(
  { maxShrink = Infinity, maxGrowth = Infinity }: ExpectPlan,
  { size, last }: Sizes,
): string | undefined {
  if (last === 0) return undefined;
  const growth = ((size - last) / last) * 100;
  const [has, had] = wordSizes(size, last);
  const figures = `it has ${has}, the last copy had ${had}`;
  if (-growth > maxShrink)
    return `${figures}: shrunk by ${wordAbove(-growth, maxShrink)}, at most ${maxShrink} % is allowed`;
  if (growth > maxGrowth)
    return `${figures}: grown by ${wordAbove(growth, maxGrowth)}, at most ${maxGrowth} % is allowed`;
  return undefined;
}

/** Two sizes that would look the same are told to the byte. */
function wordSizes(one: number, other: number): readonly [string, string] {
  const [first, second] = [formatSize(one), formatSize(other)];
  return first === second ? [`${one} B`, `${other} B`] : [first, second];
}

/** With as many decimals as show that it is above the limit. */
function wordAbove(percent: number, limit: number): string {
  const texts = [0, 1, 2, 3, 6].map((digits) => percent.toFixed(digits));
  return `${texts.find((text) => Number(text) > limit) ?? percent} %`;
}
