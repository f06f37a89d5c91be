/** Backends and their parameters. */
import { dirname, resolve } from 'node:path';
import { assertNever } from '../failure/failure.js';
import { parseDuration } from '../units/duration.js';
import { type Limit, parseLimit } from '../units/limit.js';
import { child, isSound, parseAt } from './cursor.js';
import { toDiagnostic } from './diagnostics.js';
import type { KeepRules, LocalfsPlan, PrefixFormat, SinkPlan } from './plan.js';
import { type Problems, report } from './problems.js';
import { textOf } from './source.js';
import type { BackupTask, Keep, LocalfsParam, LocalfsTask, S3Task } from './types.gen.js';
import type { Cursor } from './validate.js';

/** The sink of a task, or undefined when there cannot be one, which then has been said. */
export function resolveSink(at: Cursor<BackupTask>, problems: Problems): SinkPlan | undefined {
  const { value, node } = at;
  switch (value.backend) {
    case 'localfs':
      return resolveLocalfs({ value, node }, problems);
    case 'null':
      return { type: 'null' };
    case 'aws-s3':
      return refuseS3({ value, node }, problems);
    default:
      return assertNever(value);
  }
}

function resolveLocalfs(task: Cursor<LocalfsTask>, problems: Problems): LocalfsPlan | undefined {
  const at = child(task, 'backend-param', problems);
  if (at === undefined) return undefined;
  const retention = {
    ...resolveLimits(at, problems),
    keep: resolveKeep(child(at, 'keep', problems), problems),
  };
  const root = child(at, 'root', problems);
  if (root === undefined) return undefined;
  return {
    type: 'localfs',
    root: resolve(dirname(root.node.source.path), root.value),
    directoryMode: Number.parseInt(child(at, 'dmode', problems)?.value ?? '750', 8),
    fileMode: Number.parseInt(child(at, 'fmode', problems)?.value ?? '640', 8),
    prefix: resolvePrefix(at, problems),
    retention,
  };
}

type Limited = Pick<LocalfsParam, 'nb-copy-limit' | 'root-size-limit' | 'prefix'>;

function resolveLimits(at: Cursor<Limited>, problems: Problems): { copies: Limit; size: Limit } {
  const copies = resolveLimit(child(at, 'nb-copy-limit', problems), 'count', problems);
  const size = resolveLimit(child(at, 'root-size-limit', problems), 'bytes', problems);
  return { copies, size };
}

function resolveLimit(
  at: Cursor<number | string> | undefined,
  unit: 'count' | 'bytes',
  problems: Problems,
): Limit {
  // A number is read as it is written: a double would round it.
  const exact = at === undefined ? undefined : { value: exactText(at), node: at.node };
  return parseAt(exact, (text) => parseLimit(text, unit), problems) ?? { type: 'none' };
}

function exactText({ value, node }: Cursor<number | string>): string {
  return typeof value === 'number' ? textOf(node) : value;
}

function resolvePrefix(at: Cursor<Limited>, problems: Problems): PrefixFormat {
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

/** Everything else about the task is validated first, and said first. */
function refuseS3(task: Cursor<S3Task>, problems: Problems): undefined {
  const at = child(task, 'backend-param', problems);
  if (at !== undefined) resolveLimits(at, problems);
  const backend = child(task, 'backend', problems);
  problems.unsupported.push(
    toDiagnostic({
      code: 'CONFIG_UNSUPPORTED',
      message: 'This version of palhm cannot store to S3 yet.',
      hint: 'Use the backend "localfs", or "null" for a dry run.',
      at: backend?.node,
    }),
  );
  return undefined;
}
