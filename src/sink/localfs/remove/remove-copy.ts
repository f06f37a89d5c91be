import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Copy } from '../../../copy/copy.js';
import { parsePrefix } from '../../../copy/prefix.js';
import { Failure, isErrno } from '../../../failure/failure.js';
import { asSinkFailure } from '../../../host/sink-failure.js';
import { discardDirectory } from './discard.js';

/**
 * Takes a copy out of the listing by one rename, makes that durable, then removes it. What a crash leaves of the removal
 * is swept by the next run. A name that is not, or no longer, that of a real directory is left alone.
 */
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
    if (!(await isCopyDirectory(path))) return;
    await discardDirectory(root, path, signal);
  });
}

async function isCopyDirectory(path: string): Promise<boolean> {
  try {
    if ((await lstat(path)).isDirectory()) return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
  throw new Failure({
    code: 'COPY_NOT_FOUND',
    message: `${path} is no longer a directory: it was left alone`,
    hint: 'look at who put it there',
  });
}
