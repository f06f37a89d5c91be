/**
 * A lock between the processes of one host: flock(2) on a file. The file is never unlinked: otherwise a second run could
 * lock a file that a third run does not see any more. The lock belongs to the open file description. The program `flock`
 * takes it on palhm's descriptor and ends, and palhm keeps it. The kernel frees it when palhm dies, even if stages are
 * still alive, because they do not inherit the descriptor.
 */
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { access, type FileHandle, lstat, open } from 'node:fs/promises';
import { Failure, isErrno } from '../failure/failure.js';
import { formatDuration } from '../units/duration.js';
import { quoteForShell } from '../units/shell-quote.js';
import { type FlockEnd, takeFlock } from './flock.js';
import { asSinkFailure, sinkFailureOf } from './sink-failure.js';

/** Whoever is to lock must be able to write (flock(2), on NFS), so the owner always can. */
const OWNER_READ_WRITE = 0o600;
/** Node closes a FileHandle that nothing refers to. A lock must not be lost when its owner drops the reference. */
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

/** The text in a lock file, which tells people who holds the lock. */
export interface HolderNotes {
  /** The text for a lock that this process holds. */
  render(task: string): string;
  /** Says in words what the text of another process means; undefined when it means nothing. Never throws. */
  describe(text: string): string | undefined;
}

export interface LockFile {
  /** Its directory must exist. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  /** What is locked, for messages: `the root /media/backup`. */
  readonly what: string;
  readonly notes: HolderNotes;
}

export interface FileLock extends Lock {
  /** The device and inode of the file. At any time at most one living process holds the lock of the same file. */
  readonly file: string;
}

/** Failure LOCKED, SINK_UNAVAILABLE. Rejects with the reason of the signal when that stops the wait. */
export async function takeFileLock(at: LockFile, request: LockRequest): Promise<FileLock> {
  request.signal.throwIfAborted();
  return await holdFileLock(at, await openLockFile(at), request);
}

/** The same of a file that is open. It is closed with the lock, and when that cannot be taken. */
export async function holdFileLock(
  at: Omit<LockFile, 'mode'>,
  handle: FileHandle,
  request: LockRequest,
): Promise<FileLock> {
  try {
    await takeLock(at, handle, request);
    request.signal.throwIfAborted();
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

/** Failure SINK_UNAVAILABLE when the lock cannot be opened, or something else has its name. It may be missing. */
export async function confirmLockFile(path: string): Promise<void> {
  await asSinkFailure(`open the lock ${path}`, async () => {
    try {
      if (!(await lstat(path)).isFile()) throw notAFile(path);
      await access(path, constants.R_OK | constants.W_OK);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  });
}

function notAFile(path: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the lock ${path} is not a regular file`,
    hint: `see what it is (ls -ld ${quoteForShell(path)}) and move it away: palhm makes the file itself`,
  });
}

async function openLockFile({ path, mode }: LockFile): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  await confirmLockFile(path);
  return asSinkFailure(`open the lock ${path}`, async () => {
    const handle = await open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, OWNER_READ_WRITE);
    // The lock file of another user stays as it is.
    await handle.chmod(mode | OWNER_READ_WRITE).catch(() => undefined);
    return handle;
  });
}

async function takeLock(
  at: Omit<LockFile, 'mode'>,
  handle: FileHandle,
  request: LockRequest,
): Promise<void> {
  const { what, notes } = at;
  if (await lockHandle(what, handle, { ...request, waitMs: 0 })) return;
  const holder = notes.describe(await readHolder(handle));
  if (request.waitMs <= 0) throw heldFailure(at, holder, request);
  request.onWait(holder ?? UNKNOWN_HOLDER);
  if (await lockHandle(what, handle, request)) return;
  throw heldFailure(at, notes.describe(await readHolder(handle)), request);
}

const UNKNOWN_HOLDER = 'its lock file does not say by whom';

function heldFailure(
  { what, path }: Omit<LockFile, 'mode'>,
  holder: string | undefined,
  request: LockRequest,
): Failure {
  if (holder !== undefined) return lockedFailure(what, holder, request);
  const hint = `see who has the file open: fuser -v ${quoteForShell(path)}, or lsof; on a mount of the network it may be another host`;
  return lockedFailure(what, UNKNOWN_HOLDER, request).as({ hint });
}

/** Locks an open file. False when it stayed occupied for `waitMs`. Rejects as `takeFileLock`. */
export async function lockHandle(
  what: string,
  handle: FileHandle,
  { waitMs, signal }: Pick<LockRequest, 'waitMs' | 'signal'>,
): Promise<boolean> {
  let end: FlockEnd;
  try {
    end = await takeFlock({ fd: handle.fd, waitMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw isErrno(error, 'ENOENT')
      ? flockMissingFailure(error)
      : sinkFailureOf(error, `start flock, which locks ${what}`);
  }
  if (end.type !== 'failed') return end.type === 'taken';
  // That of busybox knows neither -E nor -w.
  const isUnfit = /unrecognized option|invalid option|BusyBox|applet not found/.test(end.stderr);
  throw new Failure({
    code: isUnfit ? 'HOST_UNFIT' : 'SINK_UNAVAILABLE',
    message: `${what} cannot be locked: flock ended with ${end.exitCode ?? 'a signal'}`,
    details: end.stderr === '' ? [] : [end.stderr],
    hint: isUnfit
      ? 'install util-linux (Alpine: apk add util-linux): the flock of this host lacks options'
      : 'the file system must support flock(2); on NFS the lock service must run',
  });
}

function flockMissingFailure(cause: unknown): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: 'the program "flock" is not installed; without it a root cannot be locked',
    hint: 'install util-linux',
    cause,
  });
}

/** The failure of a run that finds locked what it needs. */
export function lockedFailure(what: string, holder: string, request: LockRequest): Failure {
  const waited =
    request.waitMs > 0 ? ` after waiting ${formatDuration({ ms: request.waitMs })}` : '';
  return new Failure({
    code: 'LOCKED',
    message: `${what} is in use by another run${waited}: ${holder}`,
    hint: `${request.waitMs > 0 ? 'wait longer' : 'wait for it to end (--wait)'}, or look at what it is doing`,
  });
}

async function readHolder(handle: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(4096);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  const note = buffer.subarray(0, bytesRead);
  return isUtf8(note) ? note.toString('utf8') : '';
}

/** Writes who holds the lock. A full file system must not stop a run, which may be about to free space. */
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
  // This only removes the name of a run that is over from the file. Closing the descriptor frees the lock in any case.
  await handle.truncate(0).catch(() => undefined);
  held.delete(handle);
  await handle.close();
}
