/** Opens what lies below a directory without ever following a symbolic link, whoever makes one meanwhile. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure, isErrno } from '../failure/failure.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Opens a regular file for reading, by the parts of its path. Node has no openat(2): each part is opened below the
 * descriptor of the one before it, through /proc. Failure COPY_DAMAGED when it is missing or no regular file.
 */
export async function openBelow(directory: string, path: string): Promise<FileHandle> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let parent = await open(directory, O_RDONLY | O_DIRECTORY);
  try {
    for (const part of parts) {
      const child = await open(below(parent, part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await parent.close();
      parent = child;
    }
    // A FIFO is opened at once, and found out.
    return await requireFile(await open(below(parent, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  } catch (error) {
    throw isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO') ? damaged(path, error) : error;
  } finally {
    await parent.close();
  }
}

function below(parent: FileHandle, name: string): string {
  return `/proc/self/fd/${parent.fd}/${name}`;
}

async function requireFile(handle: FileHandle): Promise<FileHandle> {
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw Object.assign(new Error('not a regular file'), { code: 'ENXIO' });
}

function damaged(path: string, error: unknown): Failure {
  const missing = isErrno(error, 'ENOENT');
  return new Failure({
    code: 'COPY_DAMAGED',
    message: missing
      ? `object "${path}" is missing from the copy`
      : `object "${path}" is not a regular file of the copy`,
    hint: missing
      ? 'restore it from another copy'
      : 'somebody has changed the copy: look at what is there; palhm follows no symbolic link in a copy',
  });
}
