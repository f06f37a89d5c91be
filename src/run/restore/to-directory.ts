/** `--to`: the objects as files, or unpacked, in a directory. All of them appear when all are whole, or none does. */
import { type FileHandle, mkdir, open, realpath } from 'node:fs/promises';
import type { Emit } from '../../events/events.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { runOnDescriptor } from '../../host/util-linux.js';
import { bringBack } from '../bring-back.js';
import type { Operation } from '../operation.js';
import { checkObstacles } from './obstacles.js';
import type { PlannedObject } from './plan.js';
import { publish, type StagedGoal } from './publish.js';
import type { ToDirectory } from './request.js';
import { type Means, type RestoreRun, runObjects } from './run-objects.js';
import type { SourceCopy } from './source.js';
import { openStaging, type Staging, sweepTarget } from './staging.js';
import { openTarget, type Target } from './target.js';
import { explainFull, onTarget, unusable } from './target-failure.js';

export interface DirectoryRun extends Omit<RestoreRun, 'bring' | 'target'> {
  readonly way: ToDirectory;
  readonly planned: readonly PlannedObject[];
  /** Called when nothing is in the way: the rest of the checks, and the word that it begins. */
  readonly onReady: (target: string) => Promise<void>;
}

/** Failure with everything taken back. */
export async function restoreToDirectory(operation: Operation, run: DirectoryRun): Promise<string> {
  const target = await openTarget(run.way.directory);
  try {
    await checkOutside(target, run.copy);
    await sweepTarget(target, operation.emit);
    await checkObstacles(
      target,
      run.planned.map(({ goal }) => goal),
      run.way,
    );
    await run.onReady(target.path);
    await fillTarget(operation, run, target);
    return target.path;
  } catch (error) {
    await target.forget();
    throw error;
  } finally {
    await target.handle.close();
  }
}

async function fillTarget(operation: Operation, run: DirectoryRun, target: Target): Promise<void> {
  const staging = await openStaging(target, run.runId);
  try {
    const goals = nameStaged(run.planned);
    await runObjects(operation, {
      ...run,
      target: target.path,
      bring: (planned, by) => bringToStaging({ target, staging, goals }, planned, by),
    });
    await onTarget(`write in ${target.path}`, () => staging.handle.sync());
    operation.signals.signal.throwIfAborted();
    await publish({ target, staging, force: run.way.force }, [...goals.values()]);
  } catch (error) {
    throw error instanceof Failure
      ? error.withDetails([`The restore was rolled back: nothing was put into ${target.path}.`])
      : error;
  } finally {
    await removeStaging(staging, operation.emit);
  }
}

/** Nothing under a final name depends on it: that it stays is no failure, but it is said. */
async function removeStaging(staging: Staging, emit: Emit): Promise<void> {
  try {
    await staging.remove();
  } catch (error) {
    const message = `what the restore had staged cannot be removed: ${staging.path}`;
    emit({ type: 'warning', message, details: [messageOf(error)] });
  }
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
  const { exitCode, stderr } = await runOnDescriptor({ argv, fd: handle.fd });
  if (exitCode !== 0) throw unusable(`${goal.path} cannot be made durable: ${stderr}`, 'see dmesg');
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
