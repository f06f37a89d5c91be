/** `sign`: the keys of a task. A key is a reference: what stands in a config file is read by too many. */
import { type Cursor, child, isSound, items } from '../check/cursor.js';
import type { Sign, Value as WrittenValue } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import { placeOf } from '../read/source.js';
import type { SignPlan } from './plan.js';
import { resolveValue, type Value } from './value.js';

export function resolveSign(
  at: Cursor<Sign> | undefined,
  problems: Problems,
): SignPlan | undefined {
  if (at === undefined) return undefined;
  const written = child(at, 'key', problems);
  const key = written === undefined ? undefined : resolveKey(written, problems);
  const trusted = items(child(at, 'trusted', problems), problems);
  const others = trusted.flatMap((one) => resolveKey(one, problems) ?? []);
  return key === undefined ? undefined : { key, trusted: others, place: placeOf(at.node) };
}

function resolveKey(at: Cursor<WrittenValue>, problems: Problems): Value | undefined {
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
