/**
 * The scratch directory of a drill: two directories, the outer one palhm's with a lock and a note about the drill, the
 * inner one for its programs. The lock is free when the palhm that made it is dead, so that the next drill of the task
 * can tell what is left over from what is in use; the note says whose processes to end. Both lie where only the user
 * that palhm runs as can write, since they are believed by somebody who may be root.
 */
import { chmod, chown, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillPlan } from '../../config/plan/plan.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { findAccount } from '../../host/account.js';
import { type FileLock, takeFileLock } from '../../host/file-lock.js';
import { findMountsBelow } from '../../host/mounts.js';
import { writeJsonLine } from '../../wire/json-text.js';
import { HOLDER_NOTES } from '../../wire/lock-holder.js';
import type { DrillNote } from '../../wire/own-files.js';
import { temporaryDirectoryOf } from '../operation/operation.js';
import type { DrillSubject } from './subject.js';

export const SCRATCH_START = 'palhm-drill-';
export const NOTE = 'drill.json';
const LOCK = 'lock';
const INNER = 'scratch';

/** sun_path of unix(7) has 108 bytes with the NUL at its end. */
const LONGEST_SOCKET = 107;
/** `/.s.PGSQL.5432.lock` and the like. */
const ROOM_FOR_NAME = 24;

export interface Scratch {
  /** Absolute: where the drill's programs work. */
  readonly directory: string;
  /** Gives the lock back and removes everything. Failure DRILL_NOT_CLEANED. */
  remove(): Promise<void>;
}

/** Failure DRILL_NOT_PREPARED. */
export async function makeScratch({ operation, backup, drill }: DrillSubject): Promise<Scratch> {
  const note: DrillNote = { run: operation.id, task: backup.id };
  const parent = temporaryDirectoryOf(operation.host);
  const outer = await orNotPrepared(async () =>
    mkdtemp(join(await realpath(parent), SCRATCH_START)),
  );
  const directory = join(outer, INNER);
  let lock: FileLock | undefined;
  try {
    refuseLongPath(directory);
    lock = await lockScratch(outer, note.task);
    await orNotPrepared(async () => {
      await writeFile(join(outer, NOTE), writeJsonLine(note), { mode: 0o600 });
      await mkdir(directory);
      await openFor(outer, directory, drill);
    });
  } catch (error) {
    await lock?.release();
    await rm(outer, { recursive: true, force: true });
    throw error;
  }
  const held = lock;
  return {
    directory,
    async remove() {
      try {
        await removeScratch(outer);
      } finally {
        await held.release();
      }
    },
  };
}

/** Takes the lock of a scratch directory. Failure LOCKED while the drill is alive. */
export function lockScratch(outer: string, task: string): Promise<FileLock> {
  return takeFileLock(
    { path: join(outer, LOCK), root: outer, notes: HOLDER_NOTES },
    { task, waitMs: 0, onWait: () => {}, signal: new AbortController().signal },
  );
}

/** Removes it all, unless something is mounted in it: that would lose its files, too. Failure DRILL_NOT_CLEANED. */
export async function removeScratch(outer: string): Promise<void> {
  const mounts = await findMountsBelow(outer);
  if (mounts.length > 0) throw notRemoved(outer, `mounted there: ${mounts.join(', ')}`);
  try {
    // Nobody else may move things about in there meanwhile.
    await chmod(outer, 0o700);
    // A process that is just ending may still write.
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

/** Programs that run as somebody else must be able to come in. */
async function openFor(outer: string, directory: string, drill: DrillPlan): Promise<void> {
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

async function orNotPrepared<T>(work: () => Promise<T>): Promise<T> {
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
