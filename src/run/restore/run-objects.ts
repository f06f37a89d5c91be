/** Runs the objects of a restore through the workers, group by group. The first failure stops the others. */
import type { ExecPlan, RecoveryPlan } from '../../config/plan/plan.js';
import type { ObjectReport } from '../../events/run-report.js';
import { stageName } from '../../exec/command.js';
import { type BringBackRequest, bringBack } from '../objects/bring-back.js';
import { type ObjectRun, runObjects } from '../objects/objects.js';
import { runContext } from '../objects/run-context.js';
import type { ScheduledGroup } from '../objects/schedule.js';
import { tellHeld, tellOutput } from '../objects/stage-output.js';
import type { Operation } from '../operation/operation.js';
import type { PlannedObject } from './planned-object.js';
import type { RestoreRequest } from './request.js';
import type { SourceCopy } from './source.js';

/** What lasts as long as a restore. */
export interface RestoreRun {
  readonly operation: Operation;
  readonly request: RestoreRequest;
  readonly copy: SourceCopy;
  /** What runs around it. */
  readonly recovery: RecoveryPlan;
  readonly planned: readonly PlannedObject[];
  readonly groups: readonly ScheduledGroup<PlannedObject>[];
  readonly onObject: (report: ObjectReport) => void;
}

/** Brings one object to where it goes; `bringTo` runs its pipeline. */
export type Bring = (planned: PlannedObject, bringTo: BringTo, run: ObjectRun) => Promise<void>;

/** Runs the pipeline of an object to its end, with the failures of `bringBack`. */
export type BringTo = (end: PipelineEnd) => Promise<void>;

export interface PipelineEnd extends Pick<BringBackRequest, 'stdout' | 'onStarted'> {
  /** Where the last stage works; undefined: where its config says. */
  readonly cwd?: string;
}

/** `target`: the directory of `--to`. */
export async function bringObjects(run: RestoreRun, bring: Bring, target?: string): Promise<void> {
  const { operation, copy, onObject } = run;
  await runObjects(operation, {
    groups: run.groups,
    context: {
      ...runContext(operation, { task: copy.task, prefix: copy.prefix }),
      environment: (path) => ({
        ...restoreEnvironment(copy, target),
        PALHM_RESTORE_OBJECT: path,
      }),
    },
    describe: ({ object, execs }: PlannedObject) => ({
      path: object.path,
      group: object.group,
      stages: execs.map(stageName),
    }),
    onObject,
    async work(planned, objectRun) {
      const { object, execs } = planned;
      const { signal, context, watch } = objectRun;
      const { path, size, sha256 = null } = object;
      const bringTo: BringTo = ({ cwd, ...end }) =>
        bringBack({
          ...end,
          stored: copy.stored,
          object,
          execs: cwd === undefined ? execs : lastIn(cwd, execs),
          signal,
          context,
          onReader: (reader) => watch(() => reader.bytes()),
          ...tellOutput(operation.emit, path),
          onHeld: tellHeld(operation.emit, path),
        });
      await bring(planned, bringTo, objectRun);
      return { size, sha256 };
    },
  });
}

function lastIn(cwd: string, execs: readonly ExecPlan[]): readonly ExecPlan[] {
  return execs.map((exec, index) => (index === execs.length - 1 ? { ...exec, cwd } : exec));
}

/** What is not known is not set. */
export function restoreEnvironment(
  { task, prefix, host }: SourceCopy,
  target: string | undefined,
): Record<string, string> {
  const environment: Record<string, string> = {
    PALHM_RESTORE_TASK: task,
    PALHM_RESTORE_PREFIX: prefix,
  };
  if (host !== undefined) environment['PALHM_RESTORE_HOST'] = host;
  if (target !== undefined) environment['PALHM_RESTORE_TARGET'] = target;
  return environment;
}
