/** How an object of a size that nobody knows is cut into parts that are all alike. */
import type { S3Plan } from '../../config/plan.js';
import type { PartSizes } from './part-sender.js';

const MEBIBYTE = 1024 * 1024;
/** The least that AWS takes for any part but the last is 5 MiB. */
const SMALLEST = 8 * MEBIBYTE;
/** 10,000 of these are 625 GiB. */
const OF_UNKNOWN = 64 * MEBIBYTE;
const LARGEST = 5 * 1024 * MEBIBYTE;
/** How much an object may have grown since its size was last known. */
const HEADROOM = 2;
/** Memory of one object's parts that are under way. */
const UNDER_WAY = 32 * MEBIBYTE;
const MOST_AT_ONCE = 4;

export function choosePartSizes(
  plan: Pick<S3Plan, 'partSize' | 'queueSize' | 'maxParts'>,
  expected: number | undefined,
): PartSizes {
  const partSize = plan.partSize ?? partSizeFor(expected, plan.maxParts);
  const fitting = Math.max(1, Math.floor(UNDER_WAY / partSize));
  const queueSize = plan.queueSize ?? Math.min(MOST_AT_ONCE, fitting);
  return { partSize, queueSize, maxParts: plan.maxParts };
}

function partSizeFor(expected: number | undefined, maxParts: number): number {
  if (expected === undefined) return OF_UNKNOWN;
  const needed = Math.ceil((expected * HEADROOM) / maxParts / MEBIBYTE) * MEBIBYTE;
  return Math.min(LARGEST, Math.max(SMALLEST, needed));
}
