/** `--to`: the objects as files, or unpacked, in a directory. All of them appear when all are whole, or none does. */
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises';
import { Failure, messageOf } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';
import { bringBack } from '../objects/bring-back.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { checkObstacles } from './obstacles.js';
import type { PlannedObject } from './planned-object.js';
import { publish, type StagedGoal } from './publish.js';
import type { ToDirectory } from './request.js';
import { type Bring, bringObjects, type Means, type RestoreRun } from './run-objects.js';
import type { SourceCopy } from './source.js';
import { openStaging, type Staging, sweepTarget } from './staging.js';
import { openTarget, type Target } from './target.js';
import { explainFull, onTarget, unusable } from './target-failure.js';

/**
 * Restores to the directory; returns its path. `onReady` is called when nothing is in the way: the rest of the checks, and
 * the word that it begins. Failure with everything taken back.
 */
export async function restoreToDirectory(
  run: RestoreRun,
  way: ToDirectory,
  onReady: (target: string) => Promise<void>,
): Promise<string> {
  const { operation } = run;
  return await within(operation, targetOf(way.directory), async (target) => {
    await checkOutside(target, run.copy);
    await sweepTarget(target, operation.emit);
    const goals = run.planned.map(({ goal }) => goal);
    await checkObstacles(target, goals, way);
    await onReady(target.path);
    await fillTarget(run, way, target);
    return target.path;
  });
}

/** Directories that were made for a restore that failed go again. */
function targetOf(directory: string): Bracket<Target> {
  return {
    name: `the directory ${directory}`,
    open: () => openTarget(directory),
    async close(target, outcome) {
      if (outcome.type === 'failed') await target.forget();
      await target.handle.close();
    },
  };
}

async function fillTarget(run: RestoreRun, { force }: ToDirectory, target: Target): Promise<void> {
  const { operation } = run;
  const rolledBack = `The restore was rolled back: nothing was put into ${target.path}.`;
  try {
    await within(operation, stagingOf(operation, target), async (staging) => {
      const goals = nameStaged(run.planned);
      const place = { target, staging, goals };
      const bring: Bring = (planned, by) => bringToStaging(place, planned, by);
      await bringObjects(run, bring, target.path);
      await onTarget(`write in ${target.path}`, () => staging.handle.sync());
      operation.signal.throwIfAborted();
      await publish({ target, staging, force }, [...goals.values()]);
    });
  } catch (error) {
    throw error instanceof Failure ? error.withDetails([rolledBack]) : error;
  }
}

/** Nothing under a final name depends on it: that it stays is no failure, but it is said. */
function stagingOf({ id, emit }: Operation, target: Target): Bracket<Staging> {
  return {
    name: `the staging directory in ${target.path}`,
    open: () => openStaging(target, id),
    async close(staging) {
      try {
        await staging.remove();
      } catch (error) {
        const message = `what the restore had staged cannot be removed: ${staging.path}`;
        emit({ type: 'warning', message, details: [messageOf(error)] });
      }
    },
  };
}

/** By number: names that are good in the target may be too long with anything in front of them. */
function nameStaged(planned: readonly PlannedObject[]): ReadonlyMap<PlannedObject, StagedGoal> {
  return new Map(planned.map((one, index) => [one, { ...one.goal, staged: `${index}` }] as const));
}

interface Workplace {
  readonly target: Target;
  readonly staging: Staging;
  readonly goals: ReadonlyMap<PlannedObject, StagedGoal>;
}

async function bringToStaging(
  { target, staging, goals }: Workplace,
  planned: PlannedObject,
  by: Means,
): Promise<void> {
  const name = goals.get(planned)?.staged ?? '';
  const handle = await onTarget(`write in ${target.path}`, () =>
    planned.goal.kind === 'file' ? makeFile(staging, name) : makeTree(staging, name),
  );
  try {
    if (planned.goal.kind === 'file') await bringFile(handle, planned, by);
    else await bringTree(staging.placeForOthers(name), planned, by);
    await onTarget(`make ${planned.goal.path} durable`, () => makeDurable(handle, planned));
  } catch (error) {
    throw await explainFull(error, target.path);
  } finally {
    await handle.close();
  }
}

async function bringFile(handle: FileHandle, planned: PlannedObject, by: Means): Promise<void> {
  const { object, execs } = planned;
  await bringBack({ ...by, object, execs, stdout: handle.fd });
}

/** The last stage is the tar that unpacks: it works in the directory and prints nothing. */
async function bringTree(cwd: string, planned: PlannedObject, by: Means): Promise<void> {
  const { object } = planned;
  const execs = planned.execs.map((exec, index, all) =>
    index === all.length - 1 ? { ...exec, cwd } : exec,
  );
  await bringBack({ ...by, object, execs, stdout: 'ignore' });
}

const OWNER_READ_WRITE = 0o600;

function makeFile(staging: Staging, name: string): Promise<FileHandle> {
  return open(staging.place(name), 'wx', OWNER_READ_WRITE);
}

/** With the mode that it will have, unless the archive gives its top another: nobody else gets there before. */
async function makeTree(staging: Staging, name: string): Promise<FileHandle> {
  await mkdir(staging.place(name));
  return open(staging.place(name), 'r');
}

async function makeDurable(handle: FileHandle, { goal }: PlannedObject): Promise<void> {
  if (goal.kind === 'file') return await handle.sync();
  const argv = ['sync', '-f', '/proc/self/fd/3'] as const;
  await runHelper({ argv, fd: handle.fd, code: 'TARGET_UNUSABLE', hint: 'see dmesg' }).catch(
    (error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      throw error.as({ message: `${goal.path} cannot be made durable: ${error.message}` });
    },
  );
}

async function checkOutside(
  { path }: Target,
  { stored: { directory } }: SourceCopy,
): Promise<void> {
  if (directory === undefined) return;
  const copy = await onTarget(`find ${directory}`, () => realpath(directory));
  if (path !== copy && !path.startsWith(`${copy}/`)) return;
  throw unusable(
    `${path} is inside the copy that is restored`,
    'name another directory with --to: a copy is never written to',
  );
}
