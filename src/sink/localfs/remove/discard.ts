import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree, syncDirectory } from '../../../host/durable-files.js';
import { trashName } from '../names.js';

/**
 * Removes a directory of the root: one rename takes it out of sight, and out of the hands of a run that may still hope to
 * publish it because somebody removed the lock file under it; then it is emptied at leisure. A crash leaves it for the
 * next run to tidy up, and so does the signal.
 */
export async function discardDirectory(
  root: string,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const trash = join(root, trashName());
  await rename(path, trash);
  await syncDirectory(root);
  signal?.throwIfAborted();
  await removeTree(trash);
}
