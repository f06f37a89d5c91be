/** `--to`: the objects as files, or unpacked, in a directory. They all appear when all are whole, or none does. */
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises';
import { Failure, messageOf } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { checkObstacles } from './obstacles.js';
import type { PlannedObject } from './planned-object.js';
import { publish, type StagedGoal } from './publish.js';
import type { ToDirectory } from './request.js';
import { type Bring, type BringTo, bringObjects, type RestoreRun } from './run-objects.js';
import type { SourceCopy } from './source.js';
import { openStaging, type Staging, sweepTarget } from './staging.js';
import { openTarget, type Target } from './target.js';
import { asTargetFailure, explainFull, unusable } from './target-failure.js';

/**
 * Restores to the directory and returns its path. `onReady` is called when nothing is in the way; it makes the last checks
 * and tells that the restore begins. After a failure the directory is as it was.
 */
export async function restoreToDirectory(
  run: RestoreRun,
  way: ToDirectory,
  onReady: (target: string) => Promise<void>,
): Promise<string> {
  const { operation } = run;
  return await within(operation, targetBracket(way.directory), async (target) => {
    await checkOutside(target, run.copy);
    await sweepTarget(target, operation.emit);
    const goals = run.planned.map(({ goal }) => goal);
    await checkObstacles(target, goals, way);
    await onReady(target.path);
    await fillTarget(run, way, target);
    return target.path;
  });
}

/** The directories that were made for a restore that failed are removed again. */
function targetBracket(directory: string): Bracket<Target> {
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
    await within(operation, stagingBracket(operation, target), async (staging) => {
      const goals = nameStaged(run.planned);
      const place = { target, staging, goals };
      const bring: Bring = (planned, bringTo) => bringToStaging(place, planned, bringTo);
      await bringObjects(run, bring, target.path);
      await asTargetFailure(`write in ${target.path}`, () => staging.handle.sync());
      operation.signal.throwIfAborted();
      await publish({ target, staging, force }, [...goals.values()]);
    });
  } catch (error) {
    throw error instanceof Failure ? error.withDetails([rolledBack]) : error;
  }
}

/** That it cannot be removed is a warning, not a failure: no restored file depends on it. */
function stagingBracket({ id, emit }: Operation, target: Target): Bracket<Staging> {
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

/** By number: a name that fits in the target may be too long with a prefix. */
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
  bringTo: BringTo,
): Promise<void> {
  const name = goals.get(planned)?.staged ?? '';
  const handle = await asTargetFailure(`write in ${target.path}`, () =>
    planned.goal.kind === 'file' ? makeFile(staging, name) : makeTree(staging, name),
  );
  try {
    // The last stage of a tree is the tar that unpacks: it works in the directory and prints nothing.
    await bringTo(
      planned.goal.kind === 'file'
        ? { stdout: handle.fd }
        : { stdout: 'ignore', cwd: staging.placeForOthers(name) },
    );
    await asTargetFailure(`make ${planned.goal.path} durable`, () => makeDurable(handle, planned));
  } catch (error) {
    throw await explainFull(error, target.path);
  } finally {
    await handle.close();
  }
}

const OWNER_READ_WRITE = 0o600;

function makeFile(staging: Staging, name: string): Promise<FileHandle> {
  return open(staging.place(name), 'wx', OWNER_READ_WRITE);
}

/** It has its final mode from the start, unless the archive sets another: nobody else can enter the staging directory. */
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
  const copy = await asTargetFailure(`find ${directory}`, () => realpath(directory));
  if (path !== copy && !path.startsWith(`${copy}/`)) return;
  throw unusable(
    `${path} is inside the copy that is restored`,
    'name another directory with --to: a copy is never written to',
  );
}
