/**
 * Stages joined stdout to stdin by kernel pipes. An end of stream is not a success: a pipeline has ended well only when
 * every stage of it has (the compressor behind a dump that was killed ends with 0).
 */
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan.js';
import { Failure } from '../failure/failure.js';
import { findCulprit, type JudgedStage, judgeStage } from './blame.js';
import { buildCommand, type Command, type CommandContext } from './command.js';
import { describePipelineFailure } from './failure-report.js';
import { openPipe } from './pipes.js';
import { GRACE_MS, type Stage, type StageStart, startStage } from './stage.js';

export interface PipelineStart {
  /** At least one. */
  readonly execs: readonly ExecPlan[];
  readonly context: CommandContext;
  /** The first stage's stdin; nothing unless told. */
  readonly stdin?: StageStart['stdin'];
  /** The last stage's stdout: a descriptor that the caller may close in `onStarted`, as that of `stdin`. */
  readonly stdout: StageStart['stdout'];
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

interface PlannedStage {
  readonly exec: ExecPlan;
  readonly command: Command;
}

interface RunningStage {
  readonly exec: ExecPlan;
  readonly stage: Stage;
}

/** Runs the stages to their end. Failure STAGE_FAILED, STAGE_TIMEOUT, STAGE_NOT_STARTED, REFERENCE_UNRESOLVED. */
export async function runPipeline(start: PipelineStart): Promise<readonly JudgedStage[]> {
  start.signal.throwIfAborted();
  const planned = await Promise.all(
    start.execs.map(async (exec) => ({
      exec,
      command: await buildCommand(exec, start.context).catch(sayWhere(exec)),
    })),
  );
  start.signal.throwIfAborted();
  const running = await startStages(start, planned);
  start.onStarted();
  const stages = await watchStages(start, running);
  if (stages.every(({ well }) => well)) return stages;
  const culprit = findCulprit(stages);
  if (culprit === undefined) throw start.signal.reason;
  throw describePipelineFailure({ stages, culprit, redactor: start.context.redactor });
}

/** Starts all; when one cannot be started, stops those that were. */
async function startStages(
  start: PipelineStart,
  planned: readonly PlannedStage[],
): Promise<RunningStage[]> {
  const running: RunningStage[] = [];
  const pipes = await Promise.all(planned.slice(1).map(() => openPipe()));
  try {
    for (const [index, { exec, command }] of planned.entries()) {
      const stdin =
        index === 0 ? (start.stdin ?? 'ignore') : (pipes[index - 1]?.readEnd ?? 'ignore');
      const stdout = pipes[index]?.writeEnd ?? start.stdout;
      const watchers = watchersOf(start, exec);
      const stage = await startStage({ command, stdin, stdout, ...watchers }).catch(sayWhere(exec));
      running.push({ exec, stage });
    }
    return running;
  } catch (error) {
    await stopAll(start, running);
    throw error;
  } finally {
    // palhm keeps no end of a pipe open: end of file and SIGPIPE travel as in a shell.
    for (const { readEnd, writeEnd } of pipes) {
      closeSync(readEnd);
      closeSync(writeEnd);
    }
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

/** Waits for every stage; on an abort stops them at once, on a failure when the others have had time to end. */
async function watchStages(
  start: PipelineStart,
  running: readonly RunningStage[],
): Promise<JudgedStage[]> {
  const allEnded = new AbortController();
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= stopAll(start, running);
  };
  const judge = async ({ exec, stage }: RunningStage): Promise<JudgedStage> => {
    const judged = judgeStage(exec, await stage.ended);
    if (!judged.well) delay(SETTLE_MS, undefined, { signal: allEnded.signal }).then(stop, () => {});
    return judged;
  };
  start.signal.addEventListener('abort', stop, { signal: allEnded.signal });
  if (start.signal.aborted) stop();
  const stages = await Promise.all(running.map(judge));
  allEnded.abort();
  // What a failed pipeline left in the background must not outlive it.
  if (!stages.every(({ well }) => well)) stop();
  await stopping;
  return stages;
}

async function stopAll(
  { graceMs = GRACE_MS }: PipelineStart,
  running: readonly RunningStage[],
): Promise<void> {
  await Promise.all(running.map(({ stage }) => stage.stop(graceMs)));
}
