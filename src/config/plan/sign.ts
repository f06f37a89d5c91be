/** `sign`: the keys of a task. A key must be a reference, because many people can read a config file. */
import { type Cursor, child, isSound, items } from '../check/cursor.js';
import type { Sign, Value as ValueElement } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import { placeOf } from '../read/source.js';
import type { SignPlan } from './plan.js';
import { resolveValue, type Value } from './value.js';

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

function resolveKey(at: Cursor<ValueElement>, problems: Problems): Value | undefined {
  if (!isSound(at.node, problems)) return undefined;
  const value = resolveValue(at, problems);
  if (value === undefined) return undefined;
  if (value.type === 'file' || value.type === 'credential' || value.type === 'env') return value;
  report(problems, {
    code: 'CONFIG_VALUE',
    message: 'A key comes from a file, a credential or the environment, not from the config.',
    hint: 'Write {"credential": "NAME"}, {"file": "/path"} or {"env": "NAME"}.',
    at: at.node,
    isSecret: true,
  });
  return undefined;
}
