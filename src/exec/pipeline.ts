/**
 * Stages whose stdout and stdin are connected by kernel pipes. The end of the stream is no success: a pipeline has ended
 * well only when each of its stages has. (When a dump is killed, the compressor behind it still ends with 0.)
 */
import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import type { Intake } from '../host/intake.js';
import { closePipes, openPipes } from '../host/pipes.js';
import { findCulprit, type JudgedStage } from './blame.js';
import { addPlace, buildCommand, type Command, type CommandContext, stageName } from './command.js';
import type { LeftOut } from './excerpt.js';
import { describeEnd, pipelineFailure } from './failure-report.js';
import type { OutputConsumer } from './read-output.js';
import { GRACE_MS, type StageStart, startStage } from './stage.js';
import { buildTeeCommand, type Tap, teeFailure } from './tee.js';
import {
  type PipelineWatch,
  type RunningMember,
  SETTLE_MS,
  stopAll,
  watchMembers,
} from './watch.js';

export interface PipelineStart {
  /** At least one. */
  readonly execs: readonly ExecPlan[];
  readonly context: CommandContext;
  /** The stdin of the first stage; by default it has none. */
  readonly stdin?: StageStart['stdin'];
  /** What reads the stdout of the last stage, or a descriptor. The caller may close that, and `stdin`, in `onStarted`. */
  readonly stdout: StageStart['stdout'] | PipelineIntake;
  /** Stages whose output palhm reads, too. */
  readonly taps?: readonly Tap[];
  /** Called when every stage has its descriptors. */
  readonly onStarted: () => void;
  /** Gets a sentence about a process that keeps the pipeline from its end, and that has time until a timeout. */
  readonly onHeld?: ((message: string) => void) | undefined;
  /** Gets the ends of the stages, however they are, before they become a failure. */
  readonly onEnded?: ((stages: readonly JudgedStage[]) => void) | undefined;
  /** Gets the lines of what a stage writes to stderr that the log takes, without secrets. */
  readonly onLine: (exec: ExecPlan, line: string) => void;
  /** Called between the first and the last lines when others are left out between them. */
  readonly onLeftOut?: (exec: ExecPlan, left: LeftOut) => void;
  /** When it is aborted, the stages are stopped and the promise rejects with the reason. */
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL; by default 5 s. */
  readonly graceMs?: number;
}

/** The part of an intake that a pipeline needs. */
export type PipelineIntake = Pick<
  Intake,
  'fd' | 'pipe' | 'handOver' | 'bytes' | 'isIdle' | 'taken' | 'failedAt'
>;

/** One process of a pipeline: a stage, or the tee behind one. */
interface Member {
  readonly exec: ExecPlan;
  readonly command: Command;
  /** The descriptor to which a tee writes its second output. Undefined for a stage. */
  readonly tap: number | undefined;
}

/**
 * Runs the stages to their end, and what they write to the end of its intake. Failure STAGE_FAILED, STAGE_TIMEOUT,
 * STAGE_NOT_STARTED, REFERENCE_UNRESOLVED, or that of the intake.
 */
export async function runPipeline(start: PipelineStart): Promise<readonly JudgedStage[]> {
  start.signal.throwIfAborted();
  const members = await Promise.all(
    start.execs.map((exec, index) => planMembers(start, exec, index)),
  );
  start.signal.throwIfAborted();
  const running = await startMembers(start, members.flat());
  const { judged, held } = await watchMembers(watchOf(start), running);
  const stages = judged.filter((_, index) => running[index]?.isTee === false);
  start.onEnded?.(stages);
  const culprit = findCulprit(judged);
  const cause = await findIntakeFailure(start, culprit);
  if (cause !== undefined) throw addConsequence(cause, culprit);
  // Who has only waited for it until its own timeout is not to blame.
  if (held !== undefined && (culprit === undefined || culprit.end.stopped === 'timeout'))
    throw held;
  if (culprit !== undefined)
    throw stages.includes(culprit)
      ? pipelineFailure(stages, culprit, start.context.redactor)
      : teeFailure(culprit);
  start.signal.throwIfAborted();
  if (!judged.every(({ well }) => well)) throw new Error('stages were stopped for no known reason');
  return stages;
}

/**
 * Why the intake failed, unless a stage had failed by itself before. When the last stage has broken on its pipe, the news of
 * that may still be on its way.
 */
async function findIntakeFailure(
  start: PipelineStart,
  culprit: JudgedStage | undefined,
): Promise<{ readonly error: unknown } | undefined> {
  const intake = intakeOf(start);
  if (intake === undefined) return undefined;
  const over = new AbortController();
  const failed = intake.taken.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const late = delay(SETTLE_MS, undefined, { signal: over.signal }).catch(() => undefined);
  const found = await Promise.race([failed, late]);
  over.abort();
  const isEarlier = culprit !== undefined && culprit.end.endedAt < (intake.failedAt() ?? 0);
  return isEarlier ? undefined : found;
}

function addConsequence({ error }: { readonly error: unknown }, culprit: JudgedStage | undefined) {
  if (!(error instanceof Failure) || culprit === undefined) return error;
  const { exec, end } = culprit;
  return error.withDetails([`then ${stageName(exec)} ${describeEnd(end)}`]);
}

function watchOf(start: PipelineStart): PipelineWatch {
  const { context, signal, graceMs = GRACE_MS, onHeld = () => undefined } = start;
  return { runId: context.runId, intake: intakeOf(start), onHeld, signal, graceMs };
}

function descriptorOf(stdout: PipelineStart['stdout']): StageStart['stdout'] {
  return typeof stdout === 'object' ? stdout.fd : stdout;
}

function intakeOf({ stdout }: PipelineStart): PipelineIntake | undefined {
  return typeof stdout === 'object' ? stdout : undefined;
}

/** A stage, and behind it a tee if there is a tap. */
async function planMembers(
  { context, taps, signal }: PipelineStart,
  exec: ExecPlan,
  index: number,
): Promise<readonly Member[]> {
  const command = await buildCommand(exec, { ...context, signal }).catch(addPlace(exec));
  const tap = taps?.find(({ stage }) => stage === index);
  const stage = { exec, command, tap: undefined };
  return tap === undefined
    ? [stage]
    : [stage, { exec, command: buildTeeCommand(exec, context), tap: tap.fd }];
}

/** Starts all of them. When one cannot be started, the others are stopped. */
async function startMembers(
  start: PipelineStart,
  members: readonly Member[],
): Promise<readonly RunningMember[]> {
  const running: RunningMember[] = [];
  const pipes = await openPipes(members.length - 1, start.signal);
  try {
    const names = pipes.map(({ readEnd }) => readlinkSync(`/proc/self/fd/${readEnd}`));
    for (const [index, member] of members.entries()) {
      const { exec, command, tap } = member;
      const isTee = tap !== undefined;
      const stage = await startStage({
        command,
        stdin: pipes[index - 1]?.readEnd ?? start.stdin ?? 'ignore',
        stdout: pipes[index]?.writeEnd ?? descriptorOf(start.stdout),
        third: tap,
        consumer: consumerOf(start, member),
        timeoutMs: isTee ? undefined : exec.timeout?.ms,
        signal: start.signal,
      }).catch(addPlace(exec));
      // No await may come before this line: a stage that is not in the list is not stopped.
      running.push({ exec, isTee, stage, input: names[index - 1] });
    }
    intakeOf(start)?.handOver();
    start.onStarted();
    return running;
  } catch (error) {
    await stopAll(running, start.graceMs ?? GRACE_MS);
    throw error;
  } finally {
    // palhm keeps no end of a pipe open, so that end of file and SIGPIPE work as in a shell.
    closePipes(pipes);
  }
}

/** What a tee writes to stderr is shown only when it fails. */
function consumerOf(start: PipelineStart, { exec, tap }: Member): OutputConsumer {
  const { context, onLine, onLeftOut } = start;
  const redact = (text: string): string => context.redactor.redact(text);
  if (tap !== undefined) return { redact, onLine: () => undefined };
  return {
    redact,
    onLine: (line) => onLine(exec, line),
    onLeftOut: (left) => onLeftOut?.(exec, left),
    log: context.log,
  };
}
