/** `sign`: the keys of a task. */
import { type Cursor, child, items } from '../check/cursor.js';
import type { Sign } from '../check/types.gen.js';
import type { Problems } from '../read/diagnostics.js';
import { placeOf } from '../read/source.js';
import { resolveKey } from './key.js';
import type { SignPlan } from './plan.js';

export function resolveSign(
  at: Cursor<Sign> | undefined,
  problems: Problems,
): SignPlan | undefined {
  if (at === undefined) return undefined;
  const own = child(at, 'key', problems);
  const key = own && resolveKey(own, problems);
  const trusted = items(child(at, 'trusted', problems), problems);
  const others = trusted.flatMap((one) => resolveKey(one, problems) ?? []);
  return key === undefined ? undefined : { key, trusted: others, place: placeOf(at.node) };
}
