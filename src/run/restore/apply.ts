/** `--apply`: the objects go back to where they came from. What has been applied stays: it is not palhm's to undo. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import { Failure } from '../../failure/failure.js';
import { bringBack } from '../objects/bring-back.js';
import type { ScheduledGroup } from '../objects/schedule.js';
import type { StageStdout } from '../operation/operation.js';
import type { PlannedObject } from './planned-object.js';
import type { Question } from './request.js';
import type { Bring } from './run-objects.js';
import type { SourceCopy } from './source.js';

/** What will run and where it goes, in the order in which it does. */
export function askToApply(
  copy: Pick<SourceCopy, 'prefix' | 'task' | 'host'>,
  groups: readonly ScheduledGroup<PlannedObject>[],
): Question {
  const objects = groups.flatMap((group) => group.objects);
  return {
    lines: [
      `Copy ${copy.prefix} of task "${copy.task}" of host ${copy.host ?? 'unknown'}:`,
      ...objects.map((planned) => `  ${planned.object.path}: ${describePipeline(planned)}`),
    ],
    text: 'This writes to where the objects came from, or to wherever these commands lead now. Run them?',
  };
}

function describePipeline({ execs }: PlannedObject): string {
  return execs.map(describeExec).join(' | ');
}

function describeExec(exec: ExecPlan): string {
  const user = exec.user === undefined ? [] : [`as ${exec.user}`];
  const cwd = exec.cwd === undefined ? [] : [`in ${exec.cwd}`];
  const where = [...user, ...cwd].join(' ');
  return `${renderCommand(exec.argv)}${where === '' ? '' : ` (${where})`}`;
}

/** Keeps account of what has been done, for the one who has to clear up. */
export interface Applications {
  readonly bring: Bring;
  /** The failure with what has become of the objects. */
  readonly explain: (error: unknown) => unknown;
}

export function createApplications(stdoutOf: StageStdout): Applications {
  const begun = new Set<string>();
  const applied = new Set<string>();
  return {
    async bring(planned, by) {
      const { object, execs } = planned;
      const last = execs.at(-1);
      const stdout = last === undefined ? 'ignore' : stdoutOf(last.stdoutLevel);
      const onStarted = (): void => void begun.add(object.path);
      await bringBack({ ...by, object, execs, stdout, onStarted });
      applied.add(object.path);
    },
    explain(error) {
      if (!(error instanceof Failure)) return error;
      const broken = [...begun].filter((path) => !applied.has(path));
      return error.withDetails([
        ...(applied.size === 0 ? [] : [`Applied before, and not taken back: ${names(applied)}.`]),
        broken.length === 0
          ? 'Nothing else was changed.'
          : `Begun and not ended: ${names(broken)}. What of it was applied stays.`,
      ]);
    },
  };
}

function names(paths: Iterable<string>): string {
  return [...paths].map((path) => `"${path}"`).join(', ');
}
