/** How an object of a size that nobody knows is cut into parts that are all alike. */
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';

export interface PartSizes {
  readonly partSize: number;
  /** Parts in memory at once: one is being filled while the others are sent. */
  readonly queueSize: number;
  /** Parts that the store takes in one upload; what is beyond goes into a further volume. */
  readonly maxParts: number;
  /** The parts of all volumes but the first. */
  readonly further: PartShape;
}

type PartShape = Pick<PartSizes, 'partSize' | 'queueSize'>;

const MEBIBYTE = 1024 * 1024;
/**
 * Smaller ones cost more requests and no less time. The least that AWS takes for any part but the last is 5 MiB. 10,000 of
 * these are 156 GiB, for an object of unknown size too: as long as most objects are smaller, its parts need not be larger.
 */
const SMALLEST = 16 * MEBIBYTE;
/** What an object of unknown size is cut into beyond its first 10,000 parts: 10,000 of these are 625 GiB. */
const FURTHER = 64 * MEBIBYTE;
const LARGEST = 5 * 1024 * MEBIBYTE;
/** How much an object may have grown since its size was last known. */
const HEADROOM = 2;
/** Memory of one object's parts, as long as two of them fit into it. */
const MEMORY = 48 * MEBIBYTE;
const LEAST_AT_ONCE = 2;
const MOST_AT_ONCE = 5;

export function choosePartSizes(
  plan: Pick<S3Plan, 'partSize' | 'queueSize' | 'maxParts'>,
  expected: number | undefined,
): PartSizes {
  const { maxParts } = plan;
  const shape = (partSize: number): PartShape => {
    const fitting = Math.max(LEAST_AT_ONCE, Math.floor(MEMORY / partSize));
    return { partSize, queueSize: plan.queueSize ?? Math.min(MOST_AT_ONCE, fitting) };
  };
  const partSize = plan.partSize ?? partSizeFor(expected, maxParts);
  const further = plan.partSize ?? Math.max(partSize, FURTHER);
  return { ...shape(partSize), maxParts, further: shape(further) };
}

/** The memory that the parts of one object take, in its first volume and in those after it. */
export function memoryOf({ partSize, queueSize, further }: PartSizes): {
  readonly first: number;
  readonly further: number;
} {
  const need = (shape: PartShape): number => shape.partSize * shape.queueSize;
  return { first: need({ partSize, queueSize }), further: need(further) };
}

function partSizeFor(expected: number | undefined, maxParts: number): number {
  if (expected === undefined) return SMALLEST;
  const needed = Math.ceil((expected * HEADROOM) / maxParts / MEBIBYTE) * MEBIBYTE;
  return Math.min(LARGEST, Math.max(SMALLEST, needed));
}
