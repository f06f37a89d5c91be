/**
 * A lock between the processes of one host: flock(2) on a file that is never unlinked (a second run could otherwise lock a file that a third no
 * longer sees). It belongs to the open file description: the program `flock` takes it on our descriptor and ends, the
 * lock stays with us and the kernel frees it when we die, although our stages live, because they do not inherit it.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure, isErrno } from '../failure/failure.js';
import { formatDuration } from '../units/duration.js';
import { type FlockEnd, takeFlock } from './flock.js';
import { asSinkFailure } from './sink-failure.js';

const LOCK_MODE = 0o600;
/** Node closes a FileHandle that nobody refers to any more; a lock must outlive a careless owner. */
const held = new Set<FileHandle>();

export interface LockRequest {
  readonly task: string;
  readonly waitMs: number;
  readonly onWait: (holder: string) => void;
  readonly signal: AbortSignal;
}

export interface Lock {
  release(): Promise<void>;
}

/** What a lock file says of its holder, for people: the text of ours, and what that of another means. */
export interface HolderNotes {
  render(task: string): string;
  /** Never throws. */
  describe(text: string): string;
}

export interface LockFile {
  /** Its directory must exist. */
  readonly path: string;
  /** What it stands for, in messages. */
  readonly root: string;
  readonly notes: HolderNotes;
}

export interface FileLock extends Lock {
  /** The device and inode of the file: who holds the lock of the same file is not alive at the same time. */
  readonly file: string;
}

/** Failure LOCKED, SINK_UNAVAILABLE; rejects with the signal's reason when that stops the wait. */
export async function takeFileLock(at: LockFile, request: LockRequest): Promise<FileLock> {
  request.signal.throwIfAborted();
  const handle = await openLockFile(at.path);
  try {
    await takeLock(at, handle, request);
    held.add(handle);
    await writeHolder(handle, at.notes.render(request.task));
    const { dev, ino } = await handle.stat();
    return { file: `${dev}:${ino}`, release: () => releaseLock(handle) };
  } catch (error) {
    held.delete(handle);
    await handle.close();
    throw error;
  }
}

async function openLockFile(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  return asSinkFailure(`open the lock ${path}`, () =>
    open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, LOCK_MODE),
  );
}

async function takeLock(
  { root, notes }: LockFile,
  handle: FileHandle,
  request: LockRequest,
): Promise<void> {
  if (await tryLock(root, handle, { request, waitMs: 0 })) return;
  const holder = notes.describe(await readHolder(handle));
  if (request.waitMs <= 0) throw occupied(root, holder, request);
  request.onWait(holder);
  if (await tryLock(root, handle, { request, waitMs: request.waitMs })) return;
  throw occupied(root, notes.describe(await readHolder(handle)), request);
}

/** False when the root stayed occupied for `waitMs`. */
async function tryLock(
  root: string,
  handle: FileHandle,
  attempt: { readonly request: LockRequest; readonly waitMs: number },
): Promise<boolean> {
  const { signal } = attempt.request;
  let end: FlockEnd;
  try {
    end = await takeFlock({ fd: handle.fd, waitMs: attempt.waitMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw isErrno(error, 'ENOENT') ? programMissing(error) : error;
  }
  if (end.type !== 'failed') return end.type === 'taken';
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the root ${root} cannot be locked: flock ended with ${end.exitCode ?? 'a signal'}`,
    details: end.stderr === '' ? [] : [end.stderr],
    hint: 'the file system must support flock(2); on NFS the lock service must run',
  });
}

function programMissing(cause: unknown): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: 'the program "flock" is not installed; without it a root cannot be locked',
    hint: 'install util-linux',
    cause,
  });
}

/** What a run is told that finds the root taken. */
export function occupied(root: string, holder: string, request: LockRequest): Failure {
  const waited =
    request.waitMs > 0 ? ` after waiting ${formatDuration({ ms: request.waitMs })}` : '';
  return new Failure({
    code: 'LOCKED',
    message: `the root ${root} is in use by another run${waited}: ${holder}`,
    hint: `${request.waitMs > 0 ? 'wait longer' : 'wait for it to end (--wait)'}, or look at what it is doing`,
  });
}

async function readHolder(handle: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(4096);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

/** For people who find the root occupied. A full file system must not stop a run that may be about to free space. */
async function writeHolder(handle: FileHandle, text: string): Promise<void> {
  await asSinkFailure('write into the lock', async () => {
    try {
      await handle.truncate(0);
      await handle.write(text);
    } catch (error) {
      if (!isErrno(error, 'ENOSPC', 'EDQUOT')) throw error;
    }
  });
}

async function releaseLock(handle: FileHandle): Promise<void> {
  // Only so that the file does not name a run that is over; the lock goes with the descriptor, come what may.
  await handle.truncate(0).catch(() => undefined);
  held.delete(handle);
  await handle.close();
}
