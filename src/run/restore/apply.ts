/** `--apply`: the objects go back to where they came from. What was applied stays: palhm cannot undo it. */
import type { ExecPlan } from '../../config/plan/plan.js';
import { renderWholeCommand } from '../../config/plan/render-value.js';
import { Failure } from '../../failure/failure.js';
import type { ScheduledGroup } from '../objects/schedule.js';
import type { StageStdout } from '../operation/operation.js';
import type { PlannedObject } from './planned-object.js';
import type { Question } from './request.js';
import type { Bring } from './run-objects.js';
import type { SourceCopy } from './source.js';

/** Shows what will run and where it writes, in the order in which it runs. */
export function applyQuestion(
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
  return `${renderWholeCommand(exec.argv)}${where === '' ? '' : ` (${where})`}`;
}

/** Applies objects and keeps account of them, for the person who has to clear up after a failure. */
export interface Applier {
  readonly bring: Bring;
  /** Adds to the failure what was applied and what was not. */
  readonly explain: (error: unknown) => unknown;
}

export function createApplier(stdoutOf: StageStdout): Applier {
  const begun = new Set<string>();
  const applied = new Set<string>();
  return {
    async bring({ object, execs }, bringTo) {
      const last = execs.at(-1);
      const stdout = last === undefined ? 'ignore' : stdoutOf(last.stdoutLevel);
      await bringTo({ stdout, onStarted: () => void begun.add(object.path) });
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
