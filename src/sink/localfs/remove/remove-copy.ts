/** Removes a directory of the root in two steps: one rename hides it, then it is emptied. Where it cannot be renamed, see `removing-note.ts`. */
import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Copy } from '../../../copy/copy.js';
import { parsePrefix } from '../../../copy/prefix.js';
import { isErrno } from '../../../failure/failure.js';
import { removeTree, syncDirectory } from '../../../host/durable-files.js';
import { refuseMounts } from '../../../host/mounts.js';
import { asSinkFailure } from '../../../host/sink-failure.js';
import { leftAlone } from '../../left-alone.js';
import { findOtherRoot } from '../list/measure-tree.js';
import { trashName } from '../names.js';
import { removeRest, takeManifestOut } from './removing-note.js';

/** Removes a copy. Only a real directory is removed; anything else under that name is left alone. */
export async function removeCopy(
  root: string,
  copy: Copy,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const { name } = copy.prefix;
  if (parsePrefix(name) === undefined) throw new Error(`not a prefix: ${JSON.stringify(name)}`);
  const path = join(root, name);
  const remove = await asSinkFailure(`remove the copy ${path}`, async () => {
    if (!(await isCopyDirectory(path))) return undefined;
    const trash = await moveToTrash(root, path);
    if (trash !== undefined) return () => removeTree(trash);
    await takeManifestOut(root, name);
    return () => removeRest(root, name);
  });
  signal?.throwIfAborted();
  await asSinkFailure(`remove the files of ${path}, which is no copy any more`, async () =>
    remove?.(),
  );
}

/** False when there is none. Failure COPY_NOT_FOUND when what is there must stay. */
export async function isCopyDirectory(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isDirectory()) throw leftAlone(path, 'is no longer a directory');
    const other = await findOtherRoot(path);
    if (other !== undefined) throw leftAlone(path, `holds a root of its own (${other})`);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Removes what is no copy. */
export async function discardDirectory(root: string, path: string): Promise<void> {
  await removeTree((await moveToTrash(root, path)) ?? path);
}

/**
 * The rename also takes the directory away from a run that is still alive because somebody removed the lock file: that run
 * can no longer publish it. What a crash or the signal leaves behind is removed by the next `tidy`. Undefined when the
 * directory cannot be renamed: overlayfs refuses that for a directory of a lower layer, where no living run has made it.
 */
async function moveToTrash(root: string, path: string): Promise<string | undefined> {
  const trash = join(root, trashName());
  await refuseMounts({ path, name: path, code: 'SINK_UNAVAILABLE' });
  try {
    await rename(path, trash);
  } catch (error) {
    if (isErrno(error, 'EXDEV')) return undefined;
    throw error;
  }
  await syncDirectory(root);
  return trash;
}
