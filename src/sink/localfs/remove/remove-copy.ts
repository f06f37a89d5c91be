/** Removes a directory of the root in two steps: one rename hides it, then it is emptied. */
import { lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Copy } from '../../../copy/copy.js';
import { parsePrefix } from '../../../copy/prefix.js';
import { Failure, isErrno } from '../../../failure/failure.js';
import { removeTree, syncDirectory } from '../../../host/durable-files.js';
import { refuseMounts } from '../../../host/mounts.js';
import { asSinkFailure } from '../../../host/sink-failure.js';
import { holdsLock } from '../manifest-file.js';
import { LOCK_NAME, trashName } from '../names.js';

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
  await asSinkFailure(`remove the copy ${path}`, async () => {
    if (await isCopyDirectory(path)) await discardDirectory(root, path, signal);
  });
}

async function isCopyDirectory(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isDirectory()) throw leftAlone(path, 'is no longer a directory');
    if (await holdsLock(path)) throw leftAlone(path, `holds a root of its own (${LOCK_NAME})`);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function leftAlone(path: string, why: string): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: `${path} ${why}: it was left alone`,
    hint: 'look at who put it there',
  });
}

/**
 * The rename also takes the directory away from a run that is still alive because somebody removed the lock file: that run
 * can no longer publish it. What a crash or the signal leaves behind is removed by the next `tidy`.
 */
export async function discardDirectory(
  root: string,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const trash = join(root, trashName());
  await refuseMounts({ path, name: path, code: 'SINK_UNAVAILABLE' });
  await rename(path, trash);
  await syncDirectory(root);
  signal?.throwIfAborted();
  await removeTree(trash);
}
