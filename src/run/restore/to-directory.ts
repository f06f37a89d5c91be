/** `--to`: the objects as files, or unpacked, in a directory. They all appear when all are whole, or none does. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { Failure, messageOf } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';
import type { Consumer } from '../../host/intake.js';
import { count } from '../../units/count.js';
import { intakeBracket } from '../objects/intake.js';
import type { ObjectRun } from '../objects/objects.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { processesBracket } from '../operation/processes.js';
import { checkObstacles } from './obstacles.js';
import type { PlannedObject } from './planned-object.js';
import { publish, type StagedGoal } from './publish.js';
import type { ToDirectory } from './request.js';
import { type Bring, type BringTo, bringObjects, type RestoreRun } from './run-objects.js';
import { openStaging, type Staging, sweepTarget } from './staging.js';
import { checkOutside, inheritGroup, openTarget, type Target } from './target.js';
import { asTargetFailure, explainFull, targetFailureOf } from './target-failure.js';

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
    await checkOutside(target.path, run.copy);
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
      const groupless: string[] = [];
      const place = { target, staging, goals, groupless };
      const bring: Bring = (planned, bringTo, objectRun) =>
        planned.goal.kind === 'file'
          ? bringToFile({ ...place, operation, planned, objectRun }, bringTo)
          : bringToTree({ ...place, planned, objectRun }, bringTo);
      await within(operation, processesBracket(operation), async () => {
        await bringObjects(run, bring, target.path);
        await asTargetFailure(`write in ${target.path}`, () => staging.handle.sync());
        operation.signal.throwIfAborted();
        await publish({ target, staging, force }, [...goals.values()]);
      });
      warnOfGroups(operation, groupless);
    });
  } catch (error) {
    throw error instanceof Failure ? error.withDetails([rolledBack]) : error;
  }
}

function warnOfGroups({ emit }: Operation, groupless: readonly string[]): void {
  if (groupless.length === 0) return;
  const objects = count(groupless.length, 'object', 'objects');
  const message = `${objects} could not get the group of the directory above, which has the setgid bit: this user is not in it`;
  emit({ type: 'warning', message, details: groupless.slice(0, MOST_NAMES) });
}

const MOST_NAMES = 10;

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
  /** The paths of what could not get the group that it should have. */
  readonly groupless: string[];
}

interface Bringing extends Workplace {
  readonly planned: PlannedObject;
  readonly objectRun: ObjectRun;
}

interface BringingToFile extends Bringing {
  readonly operation: Operation;
}

/** The last stage writes into the intake: it may open its stdout again, which would truncate a file. */
async function bringToFile(bringing: BringingToFile, bringTo: BringTo): Promise<void> {
  const { operation, target, planned, objectRun } = bringing;
  const { threads, signal } = objectRun;
  const { path } = planned.goal;
  const doing = `write ${path} in ${target.path}`;
  const handle = await asTargetFailure(doing, () =>
    withGroup(bringing, open(stagedPlace(bringing), 'wx', OWNER_READ_WRITE)),
  );
  const consumer: Consumer = {
    into: { type: 'file', handle, isReserved: false },
    asFailure: (error) => targetFailureOf(error, doing),
  };
  try {
    await within(operation, intakeBracket({ path, threads, consumer }), async (intake) => {
      await bringTo({ stdout: intake });
      await intake.seal(signal);
    });
  } catch (error) {
    throw await explainFull(error, target.path);
  } finally {
    // The intake, if it has begun, has the file already.
    await handle.close();
  }
}

/**
 * The last stage is the tar that unpacks: it works in the directory and prints nothing. The directory has its final mode
 * from the start, unless the archive sets another: nobody else can enter the staging directory.
 */
async function bringToTree(bringing: Bringing, bringTo: BringTo): Promise<void> {
  const { target, staging, goals, planned } = bringing;
  const { signal } = bringing.objectRun;
  const place = stagedPlace(bringing);
  const handle = await asTargetFailure(`write in ${target.path}`, async () => {
    await mkdir(place);
    return await withGroup(bringing, open(place, 'r'));
  });
  try {
    await bringTo({
      stdout: 'ignore',
      cwd: staging.placeForOthers(goals.get(planned)?.staged ?? ''),
    });
    await asTargetFailure(`make ${planned.goal.path} durable`, () =>
      syncTree({ handle, planned, signal }),
    );
  } catch (error) {
    throw await explainFull(error, target.path);
  } finally {
    await handle.close();
  }
}

/** Closes the handle when that fails. */
async function withGroup(
  { target, planned, groupless }: Bringing,
  opening: Promise<FileHandle>,
): Promise<FileHandle> {
  const handle = await opening;
  const { path } = planned.goal;
  try {
    if (!(await inheritGroup(target, path, handle))) groupless.push(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function stagedPlace({ staging, goals, planned }: Bringing): string {
  return staging.place(goals.get(planned)?.staged ?? '');
}

const OWNER_READ_WRITE = 0o600;

interface UnpackedTree {
  readonly handle: FileHandle;
  readonly planned: PlannedObject;
  readonly signal: AbortSignal;
}

async function syncTree({ handle, planned: { goal }, signal }: UnpackedTree): Promise<void> {
  const argv = ['sync', '-f', '/proc/self/fd/3'] as const;
  const helper = {
    argv,
    fd: handle.fd,
    code: 'TARGET_UNUSABLE',
    hint: 'see dmesg',
    signal,
  } as const;
  await runHelper(helper).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    throw error.as({ message: `${goal.path} cannot be made durable: ${error.message}` });
  });
}
