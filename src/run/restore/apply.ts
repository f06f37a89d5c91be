/** `--apply`: the objects go back to where they came from. What was applied stays: palhm cannot undo it. */
import type { ExecPlan, RecoveryPlan } from '../../config/plan/plan.js';
import { renderCommand, renderWholeCommand } from '../../config/plan/render-value.js';
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
  { pre, end, post }: RecoveryPlan,
): Question {
  const objects = groups.flatMap((group) => group.objects);
  return {
    lines: [
      `Copy ${copy.prefix} of task "${copy.task}" of host ${copy.host ?? 'unknown'}:`,
      ...pre.map((exec) => `  pre-recovery: ${describeExec(exec)}`),
      ...objects.map((planned) => `  ${planned.object.path}: ${describePipeline(planned)}`),
      ...end.map((exec) => `  end-recovery: ${describeExec(exec)}`),
      ...post.map((exec) => `  post-recovery: ${describeExec(exec)}`),
    ],
    text: 'This writes to where the objects came from, or to wherever these commands lead now. Run them?',
    without: '--apply changes what is there',
  };
}

function describePipeline({ execs }: PlannedObject): string {
  return execs.map(describeExec).join(' | ');
}

export function describeExec({ argv, user, cwd, root }: ExecPlan): string {
  const inside = root === undefined ? '' : ` (by chroot in ${root})`;
  return `${renderWholeCommand(argv)}${describeWhere(user, cwd)}${inside}`;
}

const MOST_TARGETS = 3;

/** The last command of each object and where it runs: palhm does not know what it writes to. */
export function describeTargets(planned: readonly PlannedObject[]): string {
  const commands = planned.flatMap(({ execs }) => execs.at(-1) ?? []).map(describeTarget);
  const targets = [...new Set(commands)];
  const more = targets.length - MOST_TARGETS;
  const shown = targets.slice(0, MOST_TARGETS).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** A user who may not enter the directory of palhm is put elsewhere. */
function describeTarget({ argv, user, cwd }: ExecPlan): string {
  const directory = cwd ?? (user === undefined ? process.cwd() : undefined);
  return `${renderCommand(argv)}${describeWhere(user, directory)}`;
}

function describeWhere(user: string | undefined, cwd: string | undefined): string {
  const where = [
    ...(user === undefined ? [] : [`as ${user}`]),
    ...(cwd === undefined ? [] : [`in ${cwd}`]),
  ];
  return where.length === 0 ? '' : ` (${where.join(' ')})`;
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
