/** Chooses the size of the parts of an object. The size of the object is not known, and all parts have the same size. */
import type { S3Plan } from '../../../config/plan/sinks/aws-s3.js';

export interface PartSizes {
  readonly partSize: number;
  /** The number of parts that are sent at once. */
  readonly queueSize: number;
  /** The number of parts that the store takes in one upload. Further parts go into another volume. */
  readonly maxParts: number;
  /** The parts of all volumes except the first. */
  readonly further: PartShape;
}

type PartShape = Pick<PartSizes, 'partSize' | 'queueSize'>;

const MEBIBYTE = 1024 * 1024;
/**
 * Smaller parts cost more requests and save no time. AWS takes no part below 5 MiB, except the last. 10,000 parts of this size are
 * 156 GiB. Most objects of unknown size are smaller, so they start with it too.
 */
const SMALLEST = 16 * MEBIBYTE;
/** The part size beyond the first 10,000 parts of an object of unknown size. 10,000 of these parts are 625 GiB. */
const FURTHER = 64 * MEBIBYTE;
const LARGEST = 5 * 1024 * MEBIBYTE;
/** By this factor an object may have grown since its size was last known. */
const HEADROOM = 2;
/** Bytes of memory for the parts of one object. More only when two parts do not fit. */
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

/**
 * The memory in bytes that one object takes, for its first volume and for each later one: the parts that are sent, what is
 * collected for the next one, and that once more while it is put together.
 */
export function memoryOf({ partSize, queueSize, further }: PartSizes): {
  readonly first: number;
  readonly further: number;
} {
  const need = (shape: PartShape): number => shape.partSize * (shape.queueSize + 2);
  return { first: need({ partSize, queueSize }), further: need(further) };
}

function partSizeFor(expected: number | undefined, maxParts: number): number {
  if (expected === undefined) return SMALLEST;
  const needed = Math.ceil((expected * HEADROOM) / maxParts / MEBIBYTE) * MEBIBYTE;
  return Math.min(LARGEST, Math.max(SMALLEST, needed));
}
