import type { Parsed } from './parsed.js';

/** An upper bound on copies or bytes. */
export type Limit =
  | { readonly type: 'none' }
  | { readonly type: 'at-most'; readonly value: bigint };

/** A decimal of any size, its fraction dropped, or one of the infinities: no limit. Takes size units when `sizes`. */
export function parseLimit(_text: string, _unit: 'count' | 'bytes'): Parsed<Limit> {
  throw new Error('not built yet');
}
