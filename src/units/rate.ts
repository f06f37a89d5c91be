/** Rates of bytes, as the config writes them: a size, with or without `/s`. Bytes, not bits. */
import type { Parsed } from './parsed.js';
import { formatSize, parseSize } from './size.js';

/** Below it the parts that are sent at once would starve each other until the store gives up on them. */
const SLOWEST = 16 * 1024;

/** `"50 MiB/s"`, `"1MB"`: bytes per second. */
export function parseRate(text: string): Parsed<number> {
  const size = parseSize(text.trim().replace(/\s*\/\s*s$/, ''));
  if (!size.ok) {
    return { ok: false, problem: 'is not a rate in bytes, such as "50 MiB/s" or "1MB/s"' };
  }
  return size.value >= SLOWEST
    ? size
    : { ok: false, problem: `is too slow: a rate is at least ${formatRate(SLOWEST)}` };
}

/** For people: `50.0 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatSize(bytesPerSecond)}/s`;
}
