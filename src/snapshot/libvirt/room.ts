/**
 * What palhm knows of its snapshots of a domain while this host runs: a directory for each, which its palhm keeps open with a
 * lock (flock(2)). The kernel frees that when the palhm dies: so the snapshot of a dead run is told from that of a living one. They
 * are on a tmpfs, since a lock of a file beside the disk would, on NFS, be in the way of those that qemu takes of its images.
 */
import { access, type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, isErrno } from '../../failure/failure.js';
import { takeFlock } from '../../host/flock.js';

const ROOT = '/run/palhm/libvirt';
const NAME = /^palhm-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+$/;

/** The directory of a domain, which is locked: only its holder changes the snapshots of the domain. */
export interface DomainRoom {
  readonly path: string;
  readonly fd: number;
}

/** What has to wait may wait long: another palhm merges what the guest has written. */
export async function withDomainRoom<T>(
  uuid: string,
  signal: AbortSignal | undefined,
  work: (room: DomainRoom) => Promise<T>,
): Promise<T> {
  const path = join(ROOT, uuid);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const handle = await open(path);
  try {
    await lock(handle, path, signal);
    return await work({ path, fd: handle.fd });
  } finally {
    await handle.close();
  }
}

async function lock(handle: FileHandle, path: string, signal?: AbortSignal): Promise<void> {
  const end = await takeFlock({ fd: handle.fd, waitMs: Infinity, signal }).catch(
    (error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    },
  );
  signal?.throwIfAborted();
  if (end.type === 'taken') return;
  throw new Failure({ code: 'SNAPSHOT_FAILED', message: `${path} could not be locked` });
}

/** The directory of a new snapshot. It is alive until the handle is closed. */
export interface Room {
  readonly path: string;
  readonly handle: FileHandle;
}

export async function openRoom(domain: DomainRoom, name: string): Promise<Room> {
  const path = join(domain.path, name);
  await mkdir(path, { mode: 0o700 });
  const handle = await open(path);
  const { type } = await takeFlock({ fd: handle.fd, waitMs: 0 });
  if (type === 'taken') return { path, handle };
  await handle.close();
  throw new Failure({ code: 'SNAPSHOT_FAILED', message: `${path} could not be locked` });
}

/** Whether there may be anything that reads it. */
export async function hasRoom(domain: DomainRoom, name: string): Promise<boolean> {
  try {
    await access(join(domain.path, name));
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Whether the palhm of one that has a room is gone, or has released it. */
export async function isDead(domain: DomainRoom, name: string): Promise<boolean> {
  const handle = await open(join(domain.path, name));
  try {
    return (await takeFlock({ fd: handle.fd, waitMs: 0 })).type === 'taken';
  } finally {
    await handle.close();
  }
}

/** The names of the snapshots that have a directory, of the living and the dead. */
export async function listRooms({ path }: DomainRoom): Promise<readonly string[]> {
  return (await readdir(path)).filter((name) => NAME.test(name));
}

export async function removeRoom(domain: DomainRoom, name: string): Promise<void> {
  await rm(join(domain.path, name), { recursive: true, force: true });
}
