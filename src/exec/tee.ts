/**
 * Looking at what a stage writes without carrying it: a `tee` behind the stage hands the stream on and a second time into
 * a pipe of palhm's. The tee is a part of its stage: it appears nowhere, and what becomes of it is told as the stage's.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import { findWriter, type Writer } from '../host/proc.js';
import { locateProgram } from '../host/programs.js';
import { hasBrokenOnPipe, type JudgedStage } from './blame.js';
import { type Command, type CommandContext, stageName } from './command.js';
import type { StageEnd } from './stage.js';
import { stageWrappers, wrap } from './wrappers.js';

/** Where the output of a stage goes a second time. */
export interface Tap {
  /** The place of the stage in the pipeline, from 0. At most one tap each. */
  readonly stage: number;
  /** The writing end of a pipe that is read to its end. The caller closes it in `onStarted`. */
  readonly fd: number;
}

/** A helper that a stage left in the background may end a moment after it. */
const PATIENCE_MS = 3000;
const LOOK_EVERY_MS = 500;

/**
 * With `--output-error=exit` it ends as soon as one of its two readers is gone or full, so that its stage gets SIGPIPE as
 * it would without it; by itself tee would go on writing to the other until the end of the stream.
 */
export function buildTeeCommand(exec: ExecPlan, { runId, inherited }: CommandContext): Command {
  const argv = [locateProgram('tee'), '--output-error=exit', '/proc/self/fd/3'];
  return {
    name: 'tee',
    argv: wrap(argv, stageWrappers(exec, undefined, [])),
    // Its messages are understood in English.
    env: { ...inherited, LC_ALL: 'C', PALHM_RUN: runId },
    cwd: undefined,
  };
}

/** A tee whose reader has gone is a consequence, never a cause: whether the reader ended well is the reader's business. */
export function judgeTee(exec: ExecPlan, end: StageEnd): JudgedStage {
  return { exec, end, well: end.exitCode === 0 || hasBrokenOnPipe(end) };
}

export function describeTeeFailure({ exec, end }: JudgedStage): Failure {
  const how = end.signal === null ? `ended with status ${end.exitCode}` : `died of ${end.signal}`;
  const words = end.stderr.split('\n').filter((line) => line !== '');
  return new Failure({
    code: 'STAGE_FAILED',
    message: `the output of ${stageName(exec)} could not be passed on: the tee behind it ${how}`,
    details: words.map((line) => `| ${line}`),
    place: exec.place,
  });
}

/**
 * A tee reads until nobody holds the stdout of its stage any more, which a process in the background may do for ever.
 * Waits for such a one after the stages have ended, until `over`. Undefined when there is none: then somebody just reads
 * slowly. `input` is the pipe that a tee reads from, such as `pipe:[4711]`.
 */
export async function findHolder(
  inputs: readonly string[],
  over: AbortSignal,
): Promise<Failure | undefined> {
  await delay(PATIENCE_MS, undefined, { signal: over }).catch(() => undefined);
  while (!over.aborted) {
    // Who cannot look now, for want of a descriptor, looks again.
    const holder = await findWriter((file) => inputs.includes(file)).catch(() => undefined);
    if (holder !== undefined) return leftBehind(holder);
    await delay(LOOK_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
  return undefined;
}

function leftBehind({ pid, command }: Writer): Failure {
  return new Failure({
    code: 'STAGE_FAILED',
    message: `process ${pid} (${command}), left behind by a stage that has ended, still holds its stdout`,
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}
