/**
 * `nb-copy-limit` and `root-size-limit`: the original's decimals. They are compared with integers, so their fraction is
 * dropped; they are as long as they like, so they are `bigint`; any infinity, whatever its sign, means no limit.
 */
import { isNegative, readBytes, readCount, wholePart } from './bytes.js';
import type { Parsed } from './parsed.js';

/** An upper bound on copies or bytes. */
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
