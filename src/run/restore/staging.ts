/**
 * Objects lie in a hidden directory in the target until all are whole. Nobody else may look into it. It has a lock that the
 * kernel releases when palhm dies: so a directory that is in use can be told from one that a dead palhm left.
 */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emit } from '../../events/events.js';
import { isErrno, messageOf } from '../../failure/failure.js';
import { changeMode, makeWritable, OWNER_ALL } from '../../host/durable-files.js';
import { takeFlock } from '../../host/flock.js';
import { refuseMounts } from '../../host/mounts.js';
import { inside } from '../../host/open-at.js';
import { confirmOwn } from '../../host/own-entry.js';
import { endProcessesOfDeadRun } from '../../host/run-processes.js';
import type { Target } from './target.js';
import { asTargetFailure } from './target-failure.js';

const START = '.palhm-restore.';
/** The start of its name before it is locked. */
const NEW = '.palhm-new-restore.';
const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
/** Holds the files that are replaced, until all new ones are in their places. */
export const REPLACED = 'replaced';
const OBSOLETE = 'obsolete';

export interface Staging {
  /** For people. */
  readonly path: string;
  readonly handle: FileHandle;
  /** The path of an entry, for palhm itself. */
  place(name: string): string;
  /** The path of an entry, for the programs that palhm starts. */
  placeForOthers(name: string): string;
  /** The replaced files are not needed any more. */
  acceptReplacements(): Promise<void>;
  /** Removes it with all that is in it. Fails when it holds replaced files that could not be put back. */
  remove(): Promise<void>;
}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Failure TARGET_UNUSABLE, TARGET_FULL: nothing is left of it then. */
export async function openStaging(target: Target, runId: string): Promise<Staging> {
  return asTargetFailure(`write in ${target.path}`, async () => {
    const fresh = inside(target.handle, NEW + runId);
    const place = inside(target.handle, START + runId);
    await mkdir(fresh, { mode: OWNER_ALL });
    const handle = await openLocked(fresh, place).catch(async (error: unknown) => {
      await rmdir(fresh).catch(() => undefined);
      throw error;
    });
    return {
      path: join(target.path, START + runId),
      handle,
      place: (name) => inside(handle, name),
      placeForOthers: (name) => `/proc/${process.pid}/fd/${handle.fd}/${name}`,
      async acceptReplacements() {
        await rename(inside(handle, REPLACED), inside(handle, OBSOLETE)).catch(passAbsent);
      },
      async remove() {
        try {
          await refuseReplaced(handle);
          await removeEntries(handle, join(target.path, START + runId));
        } finally {
          await handle.close();
        }
        await rmdir(place).catch(passAbsent);
      },
    };
  });
}

/** Opens and locks the new directory, then gives it its name: nobody can see it under that name without the lock. */
async function openLocked(fresh: string, place: string): Promise<FileHandle> {
  const handle = await open(fresh, DIRECTORY);
  try {
    // A setgid bit stays: what is made in it has the group of the target, which its owner may not be able to give it.
    await changeMode(inside(handle), OWNER_ALL);
    await takeLock(handle);
    await rename(fresh, place);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function refuseReplaced(handle: FileHandle): Promise<void> {
  if ((await listReplaced(handle)).length === 0) return;
  throw new Error(`old files that could not be put back are in it, below "${REPLACED}"`);
}

function listReplaced(handle: FileHandle): Promise<readonly string[]> {
  return readdir(inside(handle, REPLACED)).catch(() => []);
}

/**
 * Removes what dead restores to this directory left. Of replaced files among it, it only warns; likewise of what the owner of
 * the directory may have made up.
 */
export async function sweepTarget(target: Target, emit: Emit): Promise<void> {
  for (const name of await readdir(inside(target.handle))) {
    const runId = name.startsWith(START) ? name.slice(START.length) : '';
    if (!ID.test(runId)) continue;
    const path = join(target.path, name);
    try {
      await sweepOne(target, { name, path, runId, emit });
    } catch (error) {
      const message = `what a restore that died left behind cannot be removed: ${path}`;
      emit({ type: 'warning', message, details: [messageOf(error)] });
    }
  }
}

interface DeadRestore {
  readonly name: string;
  readonly path: string;
  readonly runId: string;
  readonly emit: Emit;
}

async function sweepOne(target: Target, { name, path, runId, emit }: DeadRestore): Promise<void> {
  const handle = await open(inside(target.handle, name), DIRECTORY);
  try {
    await confirmOwn(inside(target.handle), await handle.stat());
    if (!(await takeLock(handle))) return;
    if ((await listReplaced(handle)).length > 0) {
      const message = `a restore died while it replaced files: the old ones are in ${join(path, REPLACED)}`;
      emit({ type: 'warning', message, details: ['Remove it when they are not wanted back.'] });
      return;
    }
    const processes = await endProcessesOfDeadRun(runId);
    await removeEntries(handle, path);
    await rmdir(inside(target.handle, name));
    emit({ type: 'leftover-removed', what: `the unfinished restore ${path}`, processes });
  } finally {
    await handle.close();
  }
}

/** False when another process has it, or when the file system has no such lock: flock(2) of a directory fails on NFS. */
async function takeLock(handle: FileHandle): Promise<boolean> {
  return (await takeFlock({ fd: handle.fd, waitMs: 0 })).type === 'taken';
}

/** `path`: of the directory, for people. */
async function removeEntries(handle: FileHandle, path: string): Promise<void> {
  for (const name of await readdir(inside(handle))) {
    const place = inside(handle, name);
    await refuseMounts({ path: place, name: join(path, name), code: 'TARGET_UNUSABLE' });
    await makeWritable(place);
    await rm(place, { recursive: true, force: true, maxRetries: 3 });
  }
}

function passAbsent(error: unknown): void {
  if (!isErrno(error, 'ENOENT')) throw error;
}
