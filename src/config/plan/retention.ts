/** Retention and the names of copies: the same keys for every backend that stores copies. */
import type { KeepRules, RetentionPolicy } from '../../copy/policy.js';
import type { PrefixFormat } from '../../copy/prefix.js';
import { type Limit, parseLimit } from '../../units/bytes.js';
import { parseDuration } from '../../units/duration.js';
import { type Cursor, child, exactText, isSound, parseAt } from '../check/cursor.js';
import type { Keep, LocalfsParam } from '../check/types.gen.js';
import { type Problems, report } from '../read/diagnostics.js';

type Limited = Pick<LocalfsParam, 'nb-copy-limit' | 'root-size-limit' | 'keep' | 'prefix'>;

/** Of a plan that is there to read copies alone. */
export const KEEP_EVERYTHING: {
  readonly prefix: PrefixFormat;
  readonly retention: RetentionPolicy;
} = {
  prefix: { timespec: 'seconds' },
  retention: { copies: { type: 'none' }, size: { type: 'none' }, keep: undefined },
};

export function resolveRetention(at: Cursor<Limited>, problems: Problems): RetentionPolicy {
  const copies = resolveLimit(child(at, 'nb-copy-limit', problems), 'count', problems);
  const size = resolveLimit(child(at, 'root-size-limit', problems), 'bytes', problems);
  return { copies, size, keep: resolveKeep(child(at, 'keep', problems), problems) };
}

function resolveLimit(
  at: Cursor<number | string> | undefined,
  unit: 'count' | 'bytes',
  problems: Problems,
): Limit {
  return parseAt(exactText(at), (text) => parseLimit(text, unit), problems) ?? { type: 'none' };
}

export function resolvePrefix(at: Cursor<Limited>, problems: Problems): PrefixFormat {
  const prefix = child(at, 'prefix', problems);
  const timespec = prefix === undefined ? undefined : child(prefix, 'timespec', problems);
  return { timespec: timespec?.value ?? 'seconds' };
}

function resolveKeep(at: Cursor<Keep> | undefined, problems: Problems): KeepRules | undefined {
  if (at === undefined || !isSound(at.node, problems)) return undefined;
  const count = (rule: Exclude<keyof Keep, 'within'>) => child(at, rule, problems)?.value ?? 0;
  const keep: KeepRules = {
    last: count('last'),
    daily: count('daily'),
    weekly: count('weekly'),
    monthly: count('monthly'),
    yearly: count('yearly'),
    within: parseAt(child(at, 'within', problems), parseDuration, problems),
  };
  if (
    at.value.within === undefined &&
    !Object.values(keep).some((rule) => rule !== undefined && rule > 0)
  ) {
    report(problems, {
      code: 'CONFIG_VALUE',
      message: '"keep" has no rule that keeps a copy: at least one must be above 0.',
      at: at.node,
    });
  }
  return keep;
}
