/** A read-only snapshot of a subvolume. */
import { resolve } from 'node:path';
import { type Cursor, child } from '../../check/cursor.js';
import type { BtrfsSnapshot } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { withSpan } from '../spans.js';
import type { BtrfsPlan } from './sources.js';

export function resolveBtrfs(at: Cursor<BtrfsSnapshot>, problems: Problems): BtrfsPlan | undefined {
  const subvolume = child(at, 'subvolume', problems);
  if (subvolume === undefined) return undefined;
  const absolute = (path: Cursor<string>): string =>
    resolve(path.node.source.directory, path.value);
  const directory = absolute(child(at, 'directory', problems) ?? subvolume);
  const plan: BtrfsPlan = { type: 'btrfs', subvolume: absolute(subvolume), directory };
  return withSpan(plan, subvolume.node);
}
