/** A key must be a reference, because many people can read a config file. */
import { type Cursor, isSound } from '../check/cursor.js';
import type { Value as ValueElement } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';
import { resolveValue, type Value } from './value.js';

/** Undefined when it has an error, which is reported. */
export function resolveKey(at: Cursor<ValueElement>, problems: Problems): Value | undefined {
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
