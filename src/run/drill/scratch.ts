/**
 * The scratch directory of a drill. The outer directory belongs to palhm and holds a lock and a note about the drill; the
 * inner one is for the programs of the drill. The lock is free when the palhm that made it is dead: so the next drill of
 * the task can tell what is left over from what is in use. The note says whose processes to end. Only the user that palhm
 * runs as can write to the outer directory, because a palhm that may be root believes what is in it.
 */
import { chmod, chown, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillPlan } from '../../config/plan/plan.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { findAccount } from '../../host/account.js';
import { type FileLock, takeFileLock } from '../../host/file-lock.js';
import { findMountsBelow } from '../../host/mounts.js';
import { temporaryDirectory } from '../../host/temporary-directory.js';
import { writeJsonLine } from '../../wire/json-text.js';
import { HOLDER_NOTES } from '../../wire/lock-holder.js';
import type { DrillNote } from '../../wire/own-files.js';
import type { DrillSubject } from './drill-run.js';

export const SCRATCH_START = 'palhm-drill-';
export const NOTE = 'drill.json';
const LOCK = 'lock';
const INNER = 'scratch';

/** sun_path of unix(7) has 108 bytes with the NUL at its end. */
const LONGEST_SOCKET = 107;
/** For names such as `/.s.PGSQL.5432.lock`. */
const ROOM_FOR_NAME = 24;

export interface Scratch {
  /** Absolute: the outer directory. */
  readonly outer: string;
  /** Absolute: where the programs of the drill work. */
  readonly directory: string;
  /** Held until the drill ends. */
  readonly lock: FileLock;
}

/** Failure DRILL_NOT_PREPARED. */
export async function makeScratch(subject: DrillSubject): Promise<Scratch> {
  const { operation, backup } = subject;
  const parent = temporaryDirectory(operation.host.environment);
  const outer = await asNotPrepared(async () =>
    mkdtemp(join(await realpath(parent), SCRATCH_START)),
  );
  try {
    const directory = join(outer, INNER);
    refuseLongPath(directory);
    const lock = await lockScratch(outer, backup.id);
    try {
      await fillScratch(subject, outer);
    } catch (error) {
      await lock.release().catch((also: unknown) => operation.aftermath.add(also));
      throw error;
    }
    return { outer, directory, lock };
  } catch (error) {
    await rm(outer, { recursive: true, force: true }).catch((also: unknown) =>
      operation.aftermath.add(also),
    );
    throw error;
  }
}

async function fillScratch(
  { operation, backup, drill }: DrillSubject,
  outer: string,
): Promise<void> {
  const note: DrillNote = { run: operation.id, task: backup.id };
  const directory = join(outer, INNER);
  await asNotPrepared(async () => {
    await writeFile(join(outer, NOTE), writeJsonLine(note), { mode: 0o600 });
    await mkdir(directory);
    await admitUsers(outer, directory, drill);
  });
}

/** Takes the lock of a scratch directory. Failure LOCKED while the drill is alive. */
export function lockScratch(outer: string, task: string): Promise<FileLock> {
  return takeFileLock(
    { path: join(outer, LOCK), mode: 0o600, what: `the directory ${outer}`, notes: HOLDER_NOTES },
    { task, waitMs: 0, onWait: () => {}, signal: new AbortController().signal },
  );
}

/** Failure DRILL_NOT_CLEANED, also when something is mounted in it: the files of the mount would be removed, too. */
export async function removeScratch(outer: string): Promise<void> {
  const mounts = await findMountsBelow(outer);
  if (mounts.length > 0) throw notRemoved(outer, `mounted there: ${mounts.join(', ')}`);
  try {
    // Nobody else may move anything in it meanwhile.
    await chmod(outer, 0o700);
    // A process that is about to end may still write: rm then tries again.
    await rm(outer, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw notRemoved(outer, messageOf(error), error);
  }
}

function notRemoved(outer: string, why: string, cause?: unknown): Failure {
  return new Failure({
    code: 'DRILL_NOT_CLEANED',
    message: `the scratch directory ${outer} could not be removed: ${why}`,
    hint: 'mend the cause; the next drill of the task removes it',
    cause,
  });
}

/** Lets the programs that run as another user enter the inner directory. */
async function admitUsers(outer: string, directory: string, drill: DrillPlan): Promise<void> {
  const { user: owner } = drill;
  if (owner !== undefined) await giveTo(owner, directory);
  const users = new Set(usersOf(drill));
  users.delete(owner);
  await chmod(directory, users.size === 0 ? 0o700 : 0o711);
  if (owner !== undefined || users.size > 0) await chmod(outer, 0o711);
}

async function giveTo(owner: string, directory: string): Promise<void> {
  const { uid, gid } = await findAccount(owner);
  try {
    await chown(directory, Number(uid), Number(gid));
  } catch (error) {
    throw new Failure({
      code: 'DRILL_NOT_PREPARED',
      message: `the scratch directory cannot be given to the user ${owner}: ${messageOf(error)}`,
      hint: 'run palhm as root, or as that user without "user"',
      cause: error,
    });
  }
}

function usersOf({ prepare, restore, check, cleanUp }: DrillPlan): (string | undefined)[] {
  const execs = [prepare, ...restore.map(({ pipeline }) => pipeline), check, cleanUp].flat();
  return execs.map(({ user }) => user).filter((user) => user !== undefined);
}

function refuseLongPath(directory: string): void {
  if (Buffer.byteLength(directory) + ROOM_FOR_NAME <= LONGEST_SOCKET) return;
  throw new Failure({
    code: 'DRILL_NOT_PREPARED',
    message: `the scratch directory ${directory} has too long a name for sockets in it`,
    hint: 'set TMPDIR to a shorter path, such as /tmp',
  });
}

async function asNotPrepared<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure({
      code: 'DRILL_NOT_PREPARED',
      message: `the scratch directory could not be made: ${messageOf(error)}`,
      hint: 'it is made in $TMPDIR, by default /tmp',
      cause: error,
    });
  }
}
