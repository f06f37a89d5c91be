/**
 * Parses and formats amounts of bytes: sizes, limits, rates.
 *
 * The units are those of the GNU coreutils (`info coreutils 'Block size'`), in upper or lower case: `KiB MiB GiB TiB PiB
 * EiB` and `K M G T P E` are powers of 1024, `kB MB GB TB PB EB` are powers of 1000, `B` or nothing is one byte. Fractions
 * of a byte are dropped: `"1.1 GiB"` is 1181116006.
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

/** There is never so much of anything. A limit with more digits is no limit, and its digits would only need memory. */
const MOST_DIGITS = 10_000;

/** The default precision of Decimal is 20 digits. This one keeps all. */
const Exact = Decimal.clone({ precision: 1_000_000, rounding: Decimal.ROUND_DOWN });

/** Undefined when the text is not a number, with or without a unit of bytes. */
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

/** Undefined when the text is not a number without a unit. */
function readCount(text: string): Amount | undefined {
  const number = text.trim();
  return NUMBER.test(number) ? { number, unit: 1n } : undefined;
}

/** Also true for what is rounded to zero later, such as -0.1. */
function isNegative(amount: Amount): boolean {
  return new Exact(amount.number).lessThan(0);
}

/** The amount without its fraction; undefined when it has too many digits. */
function wholePart(amount: Amount): bigint | undefined {
  const product = new Exact(amount.number).times(amount.unit.toString());
  if (!product.isFinite() || product.e >= MOST_DIGITS) {
    return undefined;
  }
  return BigInt(product.abs().toFixed(0));
}

const NAMES = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes from a text such as `"500 GiB"`, `"1MB"`, `"4096"`. */
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
  // 1023.96 would be formatted as 1024.0, so it gets the next unit.
  while ((unit < 0 ? value >= 1024 : Math.round(value * 10) >= 10_240) && unit < NAMES.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit < 0 ? `${value} B` : `${value.toFixed(1)} ${NAMES[unit]}`;
}

/**
 * An upper bound for copies or bytes: `nb-copy-limit` and `root-size-limit`. In the original PALHM these are decimals of
 * any length, so they are `bigint` here. They are compared with integers, so their fraction is dropped.
 */
export type Limit =
  | { readonly type: 'none' }
  | { readonly type: 'at-most'; readonly value: bigint };

const INFINITY = /^\s*[+-]?inf(?:inity)?\s*$/i;
const EXAMPLES = {
  count: '"30" or "Infinity"',
  bytes: '"500 GiB", "1e12" or "Infinity"',
} as const;

/** A decimal, with a unit when `unit` is `bytes`, or an infinity of either sign for no limit. */
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

/** At slower rates the parallel parts of an upload wait for each other until the store ends their connections. */
const SLOWEST = 16 * 1024;

/** Bytes per second from a text such as `"50 MiB/s"` or `"1MB"`. */
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
