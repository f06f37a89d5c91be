/** Directories and files that have the right mode from their first moment, and survive a power cut. */
import { constants } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open, readdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../failure/failure.js';
import { refuseMounts } from './mounts.js';

export const OWNER_ALL = 0o700;
const OWNER_READ_WRITE = 0o600;
const SETGID = 0o2000;
const ALL_BITS = 0o7777;

/**
 * Makes a directory. Its mode never allows more than `mode`, and is `mode` in the end, whatever the umask. In a directory with the
 * setgid bit the kernel gives it that bit, too, and the group (inode(7)).
 */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode });
  await changeMode(path, mode);
}

/**
 * chmod(2) takes the setgid bit from a directory unless it is asked to set it, and from a user who is not in its group in any
 * case: so it is called only when something changes.
 */
export async function changeMode(directory: string, mode: number): Promise<void> {
  const { mode: before } = await lstat(directory);
  const wanted = mode | (before & SETGID);
  if ((before & ALL_BITS) !== wanted) await chmod(directory, wanted);
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

/** Makes the entries of a directory that is complete durable, and gives it its final mode. False as from `syncDirectory`. */
export async function sealDirectory(path: string, mode: number): Promise<boolean> {
  await changeMode(path, mode);
  return await syncDirectory(path);
}

/** Does the work while the owner may write to the directory, whatever its mode is. */
export async function whileWritable<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const { mode } = await lstat(directory);
  if (!needsOpening(mode)) return await work();
  await changeMode(directory, (mode & ALL_BITS) | OWNER_ALL);
  try {
    return await work();
  } finally {
    await changeMode(directory, mode & ALL_BITS);
  }
}

/** Lets the owner remove what is in a tree: a user who is not root cannot remove anything from a directory that is read-only. */
export async function makeWritable(path: string): Promise<void> {
  const stats = await lstat(path);
  if (process.geteuid?.() === 0 || !stats.isDirectory()) return;
  if (needsOpening(stats.mode)) await chmod(path, OWNER_ALL);
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
}

/** Root may write in any directory. */
function needsOpening(mode: number): boolean {
  return process.geteuid?.() !== 0 && (mode & OWNER_ALL) !== OWNER_ALL;
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

/** True when anything has this name, also a symbolic link to nothing. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Removes a tree, if it exists. Symbolic links are removed, not followed. On NFS, removing a file that a process still has
 * open renames it to `.nfsXXXX` until it is closed, and its directory cannot be removed until then: hence the retries.
 * Failure SINK_UNAVAILABLE when something is mounted in it.
 */
export async function removeTree(path: string): Promise<void> {
  await refuseMounts({ path, name: path, code: 'SINK_UNAVAILABLE' });
  // What keeps it from that keeps `rm` from its work as well, which then says so.
  await makeWritable(path).catch(() => undefined);
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
