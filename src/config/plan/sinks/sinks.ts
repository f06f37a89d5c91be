/** Backends and their parameters. */
import { dirname, resolve } from 'node:path';
import { assertNever } from '../../../failure/failure.js';
import { child } from '../../check/cursor.js';
import type { BackupTask, LocalfsTask } from '../../check/types.gen.js';
import type { Cursor } from '../../check/validate.js';
import type { Problems } from '../../read/problems.js';
import type { LocalfsPlan, SinkPlan } from '../plan.js';
import { resolvePrefix, resolveRetention } from '../retention.js';
import { resolveS3 } from './aws-s3.js';

/** The sink of a task, or undefined when there cannot be one, which then has been said. */
export function resolveSink(at: Cursor<BackupTask>, problems: Problems): SinkPlan | undefined {
  const { value, node } = at;
  switch (value.backend) {
    case 'localfs':
      return resolveLocalfs({ value, node }, problems);
    case 'null':
      return { type: 'null' };
    case 'aws-s3':
      return resolveS3({ value, node }, problems);
    default:
      return assertNever(value);
  }
}

function resolveLocalfs(task: Cursor<LocalfsTask>, problems: Problems): LocalfsPlan | undefined {
  const at = child(task, 'backend-param', problems);
  if (at === undefined) return undefined;
  const retention = resolveRetention(at, problems);
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
