/**
 * Where snapshots are mounted and locked: in a directory of root in /run, which a boot empties. (Not in
 * /run/palhm, which systemd may remove with a unit of palhm while another palhm is at work.) Each has a directory that the
 * palhm which made it keeps open with a lock (flock(2)): the kernel frees it when that dies. One more lock is held while a snapshot
 * is taken and while the dead are looked for. The programs that take a snapshot have its descriptor, too: so it is held until
 * they have ended, when palhm is dead.
 */
import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, isErrno } from '../../failure/failure.js';
import { takeFlock } from '../../host/flock.js';

export const PLACE = '/run/palhm-lvm';

/** Not a secret, and not to be listed: programs of other users may go through to the files that they may read. */
const MODE = 0o711;

/** Others have the lock only while they take a snapshot, mount it, or look for old ones. */
const PATIENCE_MS = 60_000;

/** The lock is held meanwhile, `fd` has it. */
export async function withPlace<T>(
  signal: AbortSignal | undefined,
  work: (fd: number) => Promise<T>,
): Promise<T> {
  await mkdir(PLACE, { recursive: true });
  await chmod(PLACE, MODE);
  const path = join(PLACE, 'lock');
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    const end = await takeFlock({ fd: handle.fd, waitMs: PATIENCE_MS, signal }).catch(
      (error: unknown) => {
        signal?.throwIfAborted();
        throw error;
      },
    );
    signal?.throwIfAborted();
    if (end.type !== 'taken') throw busy(path);
    return await work(handle.fd);
  } finally {
    await handle.close();
  }
}

function busy(path: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message: `${path} is locked by another process`,
    hint: `see which palhm takes a snapshot for so long: fuser -v ${path}`,
  });
}

/** Makes the directory of a snapshot, and locks it for as long as the handle is open. */
export async function claim(name: string): Promise<FileHandle> {
  const path = join(PLACE, name);
  await mkdir(path);
  await chmod(path, MODE);
  const handle = await tryToClaim(name);
  if (handle === 'alive' || handle === 'absent') throw new Error(`${path} is not ours`);
  return handle;
}

/** Its lock, when it is free: then its palhm is dead. */
export async function tryToClaim(name: string): Promise<FileHandle | 'alive' | 'absent'> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  let handle: FileHandle;
  try {
    handle = await open(join(PLACE, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'absent';
    throw error;
  }
  const { type } = await takeFlock({ fd: handle.fd, waitMs: 0 });
  if (type === 'taken') return handle;
  await handle.close();
  return 'alive';
}

/** Where the volume with this number is mounted. */
export function mountPointOf(name: string, index: number): string {
  return join(PLACE, name, String(index));
}

export async function makeMountPoint(name: string, index: number): Promise<string> {
  const path = mountPointOf(name, index);
  await mkdir(path);
  return path;
}

/** With its mount points, on which nothing is mounted. */
export async function removePlace(name: string): Promise<void> {
  const path = join(PLACE, name);
  try {
    for (const inside of await readdir(path)) await rmdir(join(path, inside));
    await rmdir(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** The names of all snapshots that have a directory. */
export async function listPlaces(): Promise<readonly string[]> {
  return (await readdir(PLACE)).filter((name) => name !== 'lock');
}
