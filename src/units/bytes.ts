/**
 * Amounts of bytes and other whole amounts, as text of any size.
 *
 * The units are those of the GNU coreutils (`info coreutils 'Block size'`), in any case: `KiB MiB GiB TiB PiB EiB` and
 * the bare `K M G T P E` are powers of 1024, `kB MB GB TB PB EB` are powers of 1000, `B` or nothing is one byte. The
 * fraction of a byte is dropped: `"1.1 GiB"` is 1181116006.
 */
import { Decimal } from 'decimal.js';

export interface Amount {
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
export function readBytes(text: string): Amount | undefined {
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
export function readCount(text: string): Amount | undefined {
  const number = text.trim();
  return NUMBER.test(number) ? { number, unit: 1n } : undefined;
}

/** True below zero, however little. */
export function isNegative(amount: Amount): boolean {
  return new Exact(amount.number).lessThan(0);
}

/** The whole part; undefined when it is too large to be written out. */
export function wholePart(amount: Amount): bigint | undefined {
  const product = new Exact(amount.number).times(amount.unit.toString());
  if (!product.isFinite() || product.e >= MOST_DIGITS) {
    return undefined;
  }
  return BigInt(product.abs().toFixed(0));
}
