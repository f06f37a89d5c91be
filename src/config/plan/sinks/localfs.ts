/** The localfs backend and its parameters. */
import { basename, dirname, resolve } from 'node:path';
import type { RetentionPolicy } from '../../../copy/policy.js';
import type { PrefixFormat } from '../../../copy/prefix.js';
import { type Cursor, child } from '../../check/cursor.js';
import type { LocalfsTask } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { KEEP_EVERYTHING, resolvePrefix, resolveRetention } from '../retention.js';

export interface LocalfsPlan {
  readonly type: 'localfs';
  /** Absolute. */
  readonly root: string;
  /** Permission bits of new directories and files. The umask does not apply. */
  readonly directoryMode: number;
  readonly fileMode: number;
  readonly prefix: PrefixFormat;
  readonly retention: RetentionPolicy;
}

export function resolveLocalfs(
  task: Cursor<LocalfsTask>,
  problems: Problems,
): LocalfsPlan | undefined {
  const at = child(task, 'backend-param', problems);
  if (at === undefined) return undefined;
  const retention = resolveRetention(at, problems);
  const root = child(at, 'root', problems);
  if (root === undefined) return undefined;
  return {
    type: 'localfs',
    root: resolve(root.node.source.directory, root.value),
    directoryMode: Number.parseInt(child(at, 'dmode', problems)?.value ?? '750', 8),
    fileMode: Number.parseInt(child(at, 'fmode', problems)?.value ?? '640', 8),
    prefix: resolvePrefix(at, problems),
    retention,
  };
}

interface LocalfsPlace {
  readonly sink: LocalfsPlan;
  readonly name: string;
}

/** The directory of a copy. */
export function localfsPlaceOf(path: string): LocalfsPlace {
  const directory = resolve(path);
  const sink: LocalfsPlan = {
    type: 'localfs',
    root: dirname(directory),
    directoryMode: 0o700,
    fileMode: 0o600,
    ...KEEP_EVERYTHING,
  };
  return { sink, name: basename(directory) };
}
