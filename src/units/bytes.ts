/**
 * Amounts of bytes and other whole amounts, as text of any size: sizes that a program can hold, limits, rates.
 *
 * The units are those of the GNU coreutils (`info coreutils 'Block size'`), in any case: `KiB MiB GiB TiB PiB EiB` and
 * the bare `K M G T P E` are powers of 1024, `kB MB GB TB PB EB` are powers of 1000, `B` or nothing is one byte. The
 * fraction of a byte is dropped: `"1.1 GiB"` is 1181116006.
 */
import { Decimal } from 'decimal.js';
import type { Parsed } from './parsed.js';

interface Amount {
  readonly number: string;
  readonly unit: bigint;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const QUANTITY = /^(.*?)\s*(?:([kmgtpe])(i?b)?|b)?$/is;
const POWERS = 'kmgtpe';

/** Of a number longer than this nothing can be counted; it is unlimited, and not worth the memory its digits take. */
const MOST_DIGITS = 10_000;

/** Exact however long the digits are: a plain Decimal rounds its products to 20. */
const Exact = Decimal.clone({ precision: 1_000_000, rounding: Decimal.ROUND_DOWN });

/** A number with or without a unit of bytes; undefined when it is none. */
function readBytes(text: string): Amount | undefined {
  const match = QUANTITY.exec(text.trim());
  if (match === null) {
    return undefined;
  }
  const [, number = '', letter, suffix] = match;
  const base = suffix?.toLowerCase() === 'b' ? 1000n : 1024n;
  const power = letter === undefined ? 0 : POWERS.indexOf(letter.toLowerCase()) + 1;
  return NUMBER.test(number) ? { number, unit: base ** BigInt(power) } : undefined;
}

/** A number without a unit; undefined when it is none. */
function readCount(text: string): Amount | undefined {
  const number = text.trim();
  return NUMBER.test(number) ? { number, unit: 1n } : undefined;
}

/** True below zero, however little. */
function isNegative(amount: Amount): boolean {
  return new Exact(amount.number).lessThan(0);
}

/** The whole part; undefined when it is too large to be written out. */
function wholePart(amount: Amount): bigint | undefined {
  const product = new Exact(amount.number).times(amount.unit.toString());
  if (!product.isFinite() || product.e >= MOST_DIGITS) {
    return undefined;
  }
  return BigInt(product.abs().toFixed(0));
}

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

/**
 * An upper bound on copies or bytes: `nb-copy-limit` and `root-size-limit`, the original's decimals. They are compared with
 * integers, so their fraction is dropped; they are as long as they like, so they are `bigint`; any infinity, whatever its
 * sign, means no limit.
 */
export type Limit =
  | { readonly type: 'none' }
  | { readonly type: 'at-most'; readonly value: bigint };

const INFINITY = /^\s*[+-]?inf(?:inity)?\s*$/i;
const EXAMPLES = {
  count: '"30" or "Infinity"',
  bytes: '"500 GiB", "1e12" or "Infinity"',
} as const;

/** A decimal of any size, its fraction dropped, or one of the infinities: no limit. Takes size units when `bytes`. */
export function parseLimit(text: string, unit: 'count' | 'bytes'): Parsed<Limit> {
  if (INFINITY.test(text)) {
    return { ok: true, value: { type: 'none' } };
  }
  const amount = unit === 'bytes' ? readBytes(text) : readCount(text);
  if (amount === undefined) {
    return { ok: false, problem: `is not a limit, such as ${EXAMPLES[unit]}` };
  }
  if (isNegative(amount)) {
    return {
      ok: false,
      problem: 'is negative: a limit is at least 0, and "Infinity" means no limit',
    };
  }
  const value = wholePart(amount);
  return { ok: true, value: value === undefined ? { type: 'none' } : { type: 'at-most', value } };
}

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
