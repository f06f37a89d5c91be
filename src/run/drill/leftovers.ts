/** What drills left whose palhm has died: a scratch directory, perhaps a server in it. */
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure/failure.js';
import type { FileLock } from '../../host/file-lock.js';
import { endProcessesOfRun } from '../../host/run-processes.js';
import { decode } from '../../wire/decode.js';
import type { DrillNote } from '../../wire/own-files.js';
import { type Operation, temporaryDirectoryOf } from '../operation/operation.js';
import { lockScratch, NOTE, removeScratch, SCRATCH_START } from './scratch.js';

/** Ends the processes and removes the scratch directories of dead drills of this task. What cannot be removed is said. */
export async function sweepDrills({ emit, host }: Operation, task: string): Promise<void> {
  const parent = temporaryDirectoryOf(host);
  for (const { outer, note } of await findScratches(parent, task)) {
    const lock = await lockIfDead(outer, task);
    if (lock === undefined) continue;
    try {
      const processes = await endProcessesOfRun(note.run);
      await removeScratch(outer);
      emit({ type: 'leftover-removed', what: `scratch directory ${outer}`, processes });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      emit({ type: 'warning', message: error.message, details: error.details });
    } finally {
      await lock.release();
    }
  }
}

interface Found {
  readonly outer: string;
  readonly note: DrillNote;
}

async function findScratches(temporary: string, task: string): Promise<readonly Found[]> {
  const { parent, entries } = await listTemporary(temporary);
  const names = entries.filter((name) => name.startsWith(SCRATCH_START));
  const found = await Promise.all(names.map((name) => readScratch(join(parent, name))));
  return found.filter((one) => one?.note.task === task).flatMap((one) => one ?? []);
}

/** Nothing when TMPDIR is not there: who then wants to make something in it says so. */
async function listTemporary(
  temporary: string,
): Promise<{ parent: string; entries: readonly string[] }> {
  try {
    const parent = await realpath(temporary);
    return { parent, entries: await readdir(parent) };
  } catch {
    return { parent: '', entries: [] };
  }
}

/** Undefined for what is not ours: everybody may make what looks like one in /tmp. */
async function readScratch(outer: string): Promise<Found | undefined> {
  try {
    const { uid, mode } = await lstat(outer);
    const isOurs = uid === process.geteuid?.() && (mode & 0o170_022) === 0o40_000;
    if (!isOurs) return undefined;
    const note = decode('drill-note', await readFile(join(outer, NOTE), 'utf8'));
    return note.ok ? { outer, note: note.value } : undefined;
  } catch {
    // Gone meanwhile, or made by a drill that died before it had written anything down.
    return undefined;
  }
}

/** Undefined while its palhm lives, and when somebody else has just removed it. */
async function lockIfDead(outer: string, task: string): Promise<FileLock | undefined> {
  try {
    return await lockScratch(outer, task);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
