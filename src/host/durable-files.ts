/** Directories and files that have the right mode from their first moment, and survive a power cut. */
import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, rm, unlink } from 'node:fs/promises';
import { isErrno } from '../failure/failure.js';
import { refuseMounts } from './mounts.js';

const OWNER_ALL = 0o700;
const OWNER_READ_WRITE = 0o600;

/** Makes a directory. Its mode never allows more than `mode`, and is exactly `mode` in the end, whatever the umask. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode: OWNER_ALL & mode });
  await chmod(path, mode);
}

/**
 * Makes a new file for writing. Its mode never allows more than `mode`, and is exactly `mode` in the end. EEXIST when
 * anything has that name already.
 */
export async function makeFile(path: string, mode: number): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(path, flags, OWNER_READ_WRITE & mode);
  try {
    await handle.chmod(mode);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Makes the entries of a directory durable. False when the file system cannot do that for directories. CIFS is an
 * example: it answers EINVAL. Such a store writes the names at once or not at all.
 */
export async function syncDirectory(path: string): Promise<boolean> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
    return true;
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) return false;
    throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Removes a tree, if it exists. Symbolic links are removed, not followed. On NFS, removing a file that a process still has
 * open renames it to `.nfsXXXX` until it is closed, and its directory cannot be removed until then: hence the retries.
 * Failure SINK_UNAVAILABLE when something is mounted in it.
 */
export async function removeTree(path: string): Promise<void> {
  await refuseMounts({ path, name: path, code: 'SINK_UNAVAILABLE' });
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 8, retryDelay: 50 });
  } catch (error) {
    await unlinkAgain(error);
    throw error;
  }
}

/**
 * When Node may not unlink a file, it tries to remove it as a directory and reports ENOTDIR. A plain unlink(2) fails with
 * the true reason.
 */
async function unlinkAgain(error: unknown): Promise<void> {
  if (isErrno(error, 'ENOTDIR') && error instanceof Error && 'path' in error)
    await unlink(String(error.path));
}
