/** Directories and files that have their mode from the first instant and survive a power cut. */
import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, rm, unlink } from 'node:fs/promises';
import { isErrno } from '../failure/failure.js';

const OWNER_ALL = 0o700;
const OWNER_READ_WRITE = 0o600;

/** Makes a directory that is at no instant wider than `mode` and has it in the end, whatever the umask. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode: OWNER_ALL & mode });
  await chmod(path, mode);
}

/** Makes a new file for writing: never wider than `mode`, exactly it in the end. Fails with EEXIST on whatever is there. */
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
 * Makes the entries of a directory durable. False when the file system cannot do that for directories: CIFS, for one,
 * answers EINVAL, and such a store writes its names at once or not at all.
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
 * Removes a tree; symbolic links are removed, not followed; the absent is fine. On NFS a file that somebody still holds
 * open becomes `.nfsXXXX` until it is closed and keeps its directory from being removed: hence the second tries.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 8, retryDelay: 50 });
  } catch (error) {
    await askAgain(error);
    throw error;
  }
}

/** Node takes a file that it may not unlink for a directory and says ENOTDIR; asked plainly, the system says why. */
async function askAgain(error: unknown): Promise<void> {
  if (isErrno(error, 'ENOTDIR') && error instanceof Error && 'path' in error)
    await unlink(String(error.path));
}
