/** A file system that is frozen while it is read. */
import { resolve } from 'node:path';
import { type Cursor, child } from '../../check/cursor.js';
import type { FsSnapshot } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { withSpan } from '../spans.js';
import type { FsPlan } from './sources.js';

export function resolveFs(at: Cursor<FsSnapshot>, problems: Problems): FsPlan | undefined {
  const mount = child(at, 'mount', problems);
  if (mount === undefined) return undefined;
  const plan: FsPlan = { type: 'fs', mount: resolve(mount.node.source.directory, mount.value) };
  return withSpan(plan, mount.node);
}
