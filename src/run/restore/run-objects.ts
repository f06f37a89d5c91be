/** The objects of a restore through the workers, group by group; the first failure stops the others. */
import type { ObjectReport } from '../../events/run-report.js';
import { stageName } from '../../exec/command.js';
import type { BringingBack } from '../objects/bring-back.js';
import { contextOf } from '../objects/context.js';
import { runObjects } from '../objects/objects.js';
import type { ScheduledGroup } from '../objects/schedule.js';
import { tellStderr } from '../objects/stage-output.js';
import type { Operation } from '../operation/operation.js';
import type { PlannedObject } from './planned-object.js';
import type { RestoreRequest } from './request.js';
import type { SourceCopy } from './source.js';

/** What lasts as long as a restore. */
export interface RestoreRun {
  readonly operation: Operation;
  readonly request: RestoreRequest;
  readonly copy: SourceCopy;
  readonly planned: readonly PlannedObject[];
  readonly groups: readonly ScheduledGroup<PlannedObject>[];
  readonly onObject: (report: ObjectReport) => void;
}

/** Brings one object back to where it goes. */
export type Bring = (planned: PlannedObject, by: Means) => Promise<void>;

/** What `bringBack` has to be told, whatever the way. */
export type Means = Pick<BringingBack, 'stored' | 'context' | 'onLine' | 'signal' | 'onReader'>;

/** `target`: the directory of `--to`. */
export async function bringObjects(run: RestoreRun, bring: Bring, target?: string): Promise<void> {
  const { operation, copy, onObject } = run;
  await runObjects<PlannedObject>(operation, {
    groups: run.groups,
    context: {
      ...contextOf(operation, { task: copy.task, prefix: copy.prefix }),
      environment: (path) => environmentOf(copy, path, target),
    },
    describe: ({ object, execs }) => ({
      path: object.path,
      group: object.group,
      stages: execs.map(stageName),
    }),
    onObject,
    async work(planned, { signal, context, watch }) {
      const { path, size, sha256 = null } = planned.object;
      await bring(planned, {
        stored: copy.stored,
        signal,
        context,
        onReader: (reader) => watch(() => reader.bytes()),
        onLine: tellStderr(operation.emit, path),
      });
      return { size, sha256 };
    },
  });
}

function environmentOf(
  { task, prefix, host }: SourceCopy,
  path: string,
  target: string | undefined,
): Record<string, string> {
  return {
    PALHM_RESTORE_TASK: task,
    PALHM_RESTORE_PREFIX: prefix,
    PALHM_RESTORE_OBJECT: path,
    ...(host === undefined ? {} : { PALHM_RESTORE_HOST: host }),
    ...(target === undefined ? {} : { PALHM_RESTORE_TARGET: target }),
  };
}
