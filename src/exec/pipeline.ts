/**
 * Stages joined stdout to stdin by kernel pipes. An end of stream is not a success: a pipeline has ended well only when
 * every stage of it has (the compressor behind a dump that was killed ends with 0).
 */
import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import { closePipes, openPipes } from '../host/pipes.js';
import { findCulprit, type JudgedStage, judgeStage } from './blame.js';
import { buildCommand, type Command, type CommandContext } from './command.js';
import { describePipelineFailure } from './failure-report.js';
import { GRACE_MS, type Stage, type StageStart, startStage } from './stage.js';
import { buildTeeCommand, describeTeeFailure, findHolder, judgeTee, type Tap } from './tee.js';

export interface PipelineStart {
  /** At least one. */
  readonly execs: readonly ExecPlan[];
  readonly context: CommandContext;
  /** The first stage's stdin; nothing unless told. */
  readonly stdin?: StageStart['stdin'];
  /** The last stage's stdout: a descriptor that the caller may close in `onStarted`, as that of `stdin`. */
  readonly stdout: StageStart['stdout'];
  /** Stages whose output is looked at on its way. */
  readonly taps?: readonly Tap[];
  /** Called when every stage has its descriptors. */
  readonly onStarted: () => void;
  /** A line that a stage wrote to stderr, free of secrets. */
  readonly onLine: (exec: ExecPlan, line: string) => void;
  /** Aborted: the stages are stopped and the promise rejects with the reason. */
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL; 5 s unless told. */
  readonly graceMs?: number;
}

/**
 * How long the other stages of a failed pipeline may take to end by themselves. The one that fails first in time may be
 * the victim of one that is about to say why it failed; stopping that one would hide the cause.
 */
const SETTLE_MS = 1000;

/** A process of the row that a pipeline is: a stage, or the tee behind one. */
interface Planned {
  readonly exec: ExecPlan;
  readonly command: Command;
  /** Of a tee: where it writes besides. */
  readonly tap?: number;
}

interface Running {
  readonly exec: ExecPlan;
  readonly stage: Stage;
  readonly isTee: boolean;
  /** The pipe it reads from, such as `pipe:[4711]`. */
  readonly input: string | undefined;
}

interface Judged extends JudgedStage {
  readonly isTee: boolean;
}

/** Runs the stages to their end. Failure STAGE_FAILED, STAGE_TIMEOUT, STAGE_NOT_STARTED, REFERENCE_UNRESOLVED. */
export async function runPipeline(start: PipelineStart): Promise<readonly JudgedStage[]> {
  start.signal.throwIfAborted();
  const planned = await Promise.all(start.execs.map((_, index) => planStage(start, index)));
  start.signal.throwIfAborted();
  const running = await startRow(start, planned.flat());
  start.onStarted();
  const row = await watchRow(start, running);
  const stages = row.filter(({ isTee }) => !isTee);
  if (row.every(({ well }) => well)) return stages;
  const culprit = findCulprit(row);
  if (culprit === undefined) throw start.signal.reason;
  if (!stages.some((stage) => stage === culprit)) throw describeTeeFailure(culprit);
  throw describePipelineFailure(stages, culprit, start.context.redactor);
}

async function planStage(
  { execs, context, taps }: PipelineStart,
  index: number,
): Promise<readonly Planned[]> {
  const exec = execs[index];
  if (exec === undefined) return [];
  const command = await buildCommand(exec, context).catch(sayWhere(exec));
  const tap = taps?.find(({ stage }) => stage === index);
  if (tap === undefined) return [{ exec, command }];
  return [
    { exec, command },
    { exec, command: buildTeeCommand(exec, context), tap: tap.fd },
  ];
}

/** Starts all; when one cannot be started, stops those that were. */
async function startRow(start: PipelineStart, planned: readonly Planned[]): Promise<Running[]> {
  const running: Running[] = [];
  const pipes = await openPipes(planned.length - 1);
  try {
    for (const [index, { exec, command, tap }] of planned.entries()) {
      const before = pipes[index - 1]?.readEnd;
      const stdin = index === 0 ? (start.stdin ?? 'ignore') : (before ?? 'ignore');
      const stdout = pipes[index]?.writeEnd ?? start.stdout;
      const isTee = tap !== undefined;
      const more = isTee ? { third: tap, ...watchTee(start) } : watchersOf(start, exec);
      const input = before === undefined ? undefined : await readlink(`/proc/self/fd/${before}`);
      const stage = await startStage({ command, stdin, stdout, ...more }).catch(sayWhere(exec));
      // Nothing may come between: a stage that is not in the list is not stopped.
      running.push({ exec, stage, isTee, input });
    }
    return running;
  } catch (error) {
    await stopAll(start, running);
    throw error;
  } finally {
    // palhm keeps no end of a pipe open: end of file and SIGPIPE travel as in a shell.
    closePipes(pipes);
  }
}

function sayWhere({ place }: ExecPlan): (error: unknown) => never {
  return (error) => {
    throw error instanceof Failure ? error.at(place) : error;
  };
}

function watchersOf(
  start: PipelineStart,
  exec: ExecPlan,
): Pick<StageStart, 'timeoutMs' | 'consumer'> {
  const { redactor } = start.context;
  return {
    timeoutMs: exec.timeout?.ms,
    consumer: {
      redact: (text) => redactor.redact(text),
      onLine: (line) => start.onLine(exec, line),
    },
  };
}

/** What a tee says is told only when it fails. */
function watchTee({ context }: PipelineStart): Pick<StageStart, 'timeoutMs' | 'consumer'> {
  const redact = (text: string): string => context.redactor.redact(text);
  return { timeoutMs: undefined, consumer: { redact, onLine: () => undefined } };
}

/** Waits for every process; on an abort stops them at once, on a failure when the others have had time to end. */
async function watchRow(start: PipelineStart, running: readonly Running[]): Promise<Judged[]> {
  const allEnded = new AbortController();
  const { signal } = allEnded;
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= stopAll(start, running);
  };
  const judge = async ({ exec, stage, isTee }: Running): Promise<Judged> => {
    const judged = (isTee ? judgeTee : judgeStage)(exec, await stage.ended);
    if (!judged.well) delay(SETTLE_MS, undefined, { signal }).then(stop, () => {});
    return { ...judged, isTee };
  };
  start.signal.addEventListener('abort', stop, { signal });
  if (start.signal.aborted) stop();
  const ends = running.map(judge);
  const holder = watchForHolder(running, signal);
  holder.then(
    (found) => found && stop(),
    () => {},
  );
  const row = await Promise.all(ends);
  allEnded.abort();
  // What a failed pipeline left in the background must not outlive it.
  if (!row.every(({ well }) => well)) stop();
  await stopping;
  const leftBehind = await holder;
  if (leftBehind !== undefined && findCulprit(row) === undefined) throw leftBehind;
  return row;
}

/** When the stages have ended and a tee has not: who still holds what it reads. */
async function watchForHolder(
  running: readonly Running[],
  over: AbortSignal,
): Promise<Failure | undefined> {
  const tees = running.filter(({ isTee }) => isTee);
  if (tees.length === 0) return undefined;
  await Promise.all(running.filter(({ isTee }) => !isTee).map(({ stage }) => stage.ended));
  return await findHolder(
    tees.flatMap(({ input }) => input ?? []),
    over,
  );
}

async function stopAll(
  { graceMs = GRACE_MS }: PipelineStart,
  running: readonly Running[],
): Promise<void> {
  await Promise.all(running.map(({ stage }) => stage.stop(graceMs)));
}
