/** Numbers of bytes that a program can hold. The units are in `bytes.ts`. */
import { isNegative, readBytes, wholePart } from './bytes.js';
import type { Parsed } from './parsed.js';

const NAMES = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** `"500 GiB"`, `"1MB"`, `"4096"`: bytes. */
export function parseSize(text: string): Parsed<number> {
  const amount = readBytes(text);
  if (amount === undefined) {
    return { ok: false, problem: 'is not a size, such as "4096", "500 GiB" or "1MB"' };
  }
  if (isNegative(amount)) {
    return { ok: false, problem: 'is negative: a size is at least 0' };
  }
  const bytes = Number(wholePart(amount) ?? Infinity);
  return Number.isSafeInteger(bytes)
    ? { ok: true, value: bytes }
    : { ok: false, problem: 'is too large a size: the most is 9007199254740991 bytes (8 PiB)' };
}

/** For people: `999 B`, `1.0 KiB`, `1.4 GiB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = -1;
  // 1023.96 would be shown as 1024.0: such a value belongs to the next unit already.
  while ((unit < 0 ? value >= 1024 : Math.round(value * 10) >= 10_240) && unit < NAMES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit < 0 ? `${value} B` : `${value.toFixed(1)} ${NAMES[unit]}`;
}
