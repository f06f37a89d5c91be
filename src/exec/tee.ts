/**
 * Lets palhm see what a stage writes while the bytes still go directly to the next stage: a `tee` behind the stage passes
 * the stream on and writes it a second time into a pipe of palhm. The tee belongs to its stage: nothing shows it, and its
 * failure is reported as one of the stage.
 */
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import { locateProgram } from '../host/programs.js';
import { markOfRun } from '../host/run-processes.js';
import { hasBrokenOnPipe, type JudgedStage } from './blame.js';
import { type Command, type CommandContext, stageName } from './command.js';
import type { StageEnd } from './stage.js';
import { findUnfitProgram } from './unfit.js';
import { stageWrappers, wrap } from './wrappers.js';

/** A second destination for the output of a stage. */
export interface Tap {
  /** The index of the stage in the pipeline, from 0. A stage has at most one tap. */
  readonly stage: number;
  /** The writing end of a pipe that palhm reads to its end. The caller closes it in `onStarted`. */
  readonly fd: number;
}

/**
 * With `--output-error=exit` the tee ends as soon as a write to one of its two outputs fails, so that the stage gets
 * SIGPIPE as it would without a tee. Without that option a tee goes on writing to the other output.
 */
export function buildTeeCommand(exec: ExecPlan, { runId, inherited }: CommandContext): Command {
  const argv = [locateProgram('tee'), '--output-error=exit', '/proc/self/fd/3'];
  return {
    name: 'tee',
    argv: wrap(argv, stageWrappers(exec, undefined, [])),
    // Keeps its messages in English: see BROKEN_PIPE in blame.ts.
    env: { ...inherited, LC_ALL: 'C', ...markOfRun(runId, inherited) },
    cwd: undefined,
  };
}

/** A tee whose reader has ended is a consequence, never a cause: the reader is judged by its own end. */
export function judgeTee(exec: ExecPlan, end: StageEnd): JudgedStage {
  const well = end.stopped === undefined && (end.exitCode === 0 || hasBrokenOnPipe(end));
  return { exec, end, well };
}

export function teeFailure({ exec, end }: JudgedStage): Failure {
  const unfit = findUnfitProgram(end.stderr);
  if (unfit !== undefined) return unfit;
  const how = end.signal === null ? `ended with status ${end.exitCode}` : `died of ${end.signal}`;
  const words = end.stderr.split('\n').filter((line) => line !== '');
  return new Failure({
    code: 'STAGE_FAILED',
    message: `the output of ${stageName(exec)} could not be passed on: the tee behind it ${how}`,
    details: words.map((line) => `| ${line}`),
    place: exec.place,
  });
}
