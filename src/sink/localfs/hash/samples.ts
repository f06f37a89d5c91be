/**
 * Checksums of parts of a file, to compare them with the file after its writer has ended: all of the start, where headers
 * are patched, and a random choice of the rest, few enough to be read quickly even from a slow disk.
 */
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export interface Samples {
  readonly start: Sample[];
  readonly chosen: Sample[];
  /** How many parts beyond the start have been offered. */
  offered: number;
}

interface Sample {
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

const START = 16 * 1024 * 1024;
const CHOSEN = 256;

export function createSamples(): Samples {
  return { start: [], chosen: [], offered: 0 };
}

/** Beyond the start every part has the same chance to be chosen, however many come (reservoir sampling). */
export function takeSample(samples: Samples, offset: number, bytes: Buffer): void {
  if (offset < START) {
    samples.start.push(sampleOf(offset, bytes));
    return;
  }
  samples.offered += 1;
  const place =
    samples.chosen.length < CHOSEN
      ? samples.chosen.length
      : Math.floor(Math.random() * samples.offered);
  if (place < CHOSEN) samples.chosen[place] = sampleOf(offset, bytes);
}

/** True when the file still holds what was read. `buffer` is at least as large as every piece. */
export function samplesHold(samples: Samples, fd: number, buffer: Buffer): boolean {
  return [...samples.start, ...samples.chosen].every(({ offset, length, checksum }) => {
    const read = readSync(fd, buffer, 0, length, offset);
    return read === length && crc32(buffer.subarray(0, read)) === checksum;
  });
}

function sampleOf(offset: number, bytes: Buffer): Sample {
  return { offset, length: bytes.length, checksum: crc32(bytes) };
}
