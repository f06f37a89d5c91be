/** Removes what a drill left whose palhm has died: a scratch directory, perhaps with a server in it. */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure/failure.js';
import type { FileLock } from '../../host/file-lock.js';
import { endProcessesOfDeadRun } from '../../host/run-processes.js';
import { readSmallFile } from '../../host/small-file.js';
import { temporaryDirectory } from '../../host/temporary-directory.js';
import { decode, LARGEST } from '../../wire/decode.js';
import type { DrillNote } from '../../wire/own-files.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { lockScratch, NOTE, removeScratch, SCRATCH_START } from './scratch.js';

/** Ends the processes and removes the scratch directories of dead drills of this task. Warns of what cannot be removed. */
export async function sweepDrills(operation: Operation, task: string): Promise<void> {
  const parent = temporaryDirectory(operation.host.environment);
  for (const scratch of await findScratches(parent, task))
    await within(operation, deadDrillBracket(scratch), (lock) =>
      lock === undefined ? Promise.resolve() : removeDeadDrill(operation, scratch),
    );
}

/** The lock of a scratch directory; undefined while its drill is alive. */
function deadDrillBracket({ outer, note }: DeadDrill): Bracket<FileLock | undefined> {
  return {
    name: `the lock of ${outer}`,
    open: () => lockIfDead(outer, note.task),
    close: (lock) => lock?.release() ?? Promise.resolve(),
  };
}

async function removeDeadDrill({ emit }: Operation, { outer, note }: DeadDrill): Promise<void> {
  try {
    const processes = await endProcessesOfDeadRun(note.run);
    await removeScratch(outer);
    emit({ type: 'leftover-removed', what: `scratch directory ${outer}`, processes });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    emit({ type: 'warning', message: error.message, details: error.details });
  }
}

/** A scratch directory of this task whose drill may be dead. */
interface DeadDrill {
  readonly outer: string;
  readonly note: DrillNote;
}

async function findScratches(temporary: string, task: string): Promise<readonly DeadDrill[]> {
  const { parent, entries } = await listTemporary(temporary);
  const names = entries.filter((name) => name.startsWith(SCRATCH_START));
  const found = await Promise.all(names.map((name) => readScratch(join(parent, name))));
  return found.filter((one) => one?.note.task === task).flatMap((one) => one ?? []);
}

/** Empty when TMPDIR does not exist: the drill itself fails over that, and says so. */
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

/** Undefined for one that this user does not own alone: everybody can make a directory of this name in /tmp. */
async function readScratch(outer: string): Promise<DeadDrill | undefined> {
  try {
    const { uid, mode } = await lstat(outer);
    const isOurs = uid === process.geteuid?.() && (mode & 0o170_022) === 0o40_000;
    if (!isOurs) return undefined;
    const file = { largest: LARGEST['drill-note'], mayBeLink: false };
    const note = decode('drill-note', (await readSmallFile(join(outer, NOTE), file)).toString());
    return note.ok ? { outer, note: note.value } : undefined;
  } catch {
    // It was removed meanwhile, or its drill died before it wrote the note.
    return undefined;
  }
}

/** Undefined while its palhm is alive, and when another drill has just removed it. */
async function lockIfDead(outer: string, task: string): Promise<FileLock | undefined> {
  try {
    return await lockScratch(outer, task);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
