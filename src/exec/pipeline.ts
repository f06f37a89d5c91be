/**
 * Stages whose stdout and stdin are connected by kernel pipes. The end of the stream is no success: a pipeline has ended
 * well only when each of its stages has. (When a dump is killed, the compressor behind it still ends with 0.)
 */
import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import type { Failure } from '../failure/failure.js';
import { closePipes, openPipes } from '../host/pipes.js';
import { findCulprit, type JudgedStage, judgeStage } from './blame.js';
import { addPlace, buildCommand, type Command, type CommandContext } from './command.js';
import { pipelineFailure } from './failure-report.js';
import { GRACE_MS, type Stage, type StageStart, startStage } from './stage.js';
import type { LineConsumer } from './tail.js';
import { buildTeeCommand, findHolder, judgeTee, type Tap, teeFailure } from './tee.js';

export interface PipelineStart {
  /** At least one. */
  readonly execs: readonly ExecPlan[];
  readonly context: CommandContext;
  /** The stdin of the first stage; by default it has none. */
  readonly stdin?: StageStart['stdin'];
  /** The stdout of the last stage. The caller may close this descriptor, and that of `stdin`, in `onStarted`. */
  readonly stdout: StageStart['stdout'];
  /** Stages whose output palhm reads, too. */
  readonly taps?: readonly Tap[];
  /** Called when every stage has its descriptors. */
  readonly onStarted: () => void;
  /** Gets each line that a stage writes to stderr, without secrets. */
  readonly onLine: (exec: ExecPlan, line: string) => void;
  /** When it is aborted, the stages are stopped and the promise rejects with the reason. */
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL; by default 5 s. */
  readonly graceMs?: number;
}

/**
 * How long the other stages of a failed pipeline may take to end by themselves. The first stage to fail may be the victim
 * of another one that is about to report why it fails. Stopping that one would hide the cause.
 */
const SETTLE_MS = 1000;

/** One process of a pipeline: a stage, or the tee behind one. */
interface Member {
  readonly exec: ExecPlan;
  readonly command: Command;
  /** The descriptor to which a tee writes its second output. Undefined for a stage. */
  readonly tap: number | undefined;
}

interface RunningMember extends Member {
  readonly stage: Stage;
  /** The pipe that a tee reads from, such as `pipe:[4711]`. */
  readonly input: string | undefined;
}

/** Runs the stages to their end. Failure STAGE_FAILED, STAGE_TIMEOUT, STAGE_NOT_STARTED, REFERENCE_UNRESOLVED. */
export async function runPipeline(start: PipelineStart): Promise<readonly JudgedStage[]> {
  start.signal.throwIfAborted();
  const members = await Promise.all(
    start.execs.map((exec, index) => planMembers(start, exec, index)),
  );
  start.signal.throwIfAborted();
  const running = await startMembers(start, members.flat());
  const judged = await watchMembers(start, running);
  const stages = judged.filter((_, index) => running[index]?.tap === undefined);
  if (judged.every(({ well }) => well)) return stages;
  const culprit = findCulprit(judged);
  if (culprit === undefined) throw start.signal.reason;
  throw stages.includes(culprit)
    ? pipelineFailure(stages, culprit, start.context.redactor)
    : teeFailure(culprit);
}

/** A stage, and behind it a tee if there is a tap. */
async function planMembers(
  { context, taps }: PipelineStart,
  exec: ExecPlan,
  index: number,
): Promise<readonly Member[]> {
  const command = await buildCommand(exec, context).catch(addPlace(exec));
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
  const pipes = await openPipes(members.length - 1);
  try {
    for (const [index, member] of members.entries()) {
      const { exec, command, tap } = member;
      const before = pipes[index - 1]?.readEnd;
      const input =
        before === undefined || tap === undefined
          ? undefined
          : await readlink(`/proc/self/fd/${before}`);
      const stage = await startStage({
        command,
        stdin: before ?? start.stdin ?? 'ignore',
        stdout: pipes[index]?.writeEnd ?? start.stdout,
        third: tap,
        consumer: consumerOf(start, member),
        timeoutMs: tap === undefined ? exec.timeout?.ms : undefined,
      }).catch(addPlace(exec));
      // No await may come before this line: a stage that is not in the list is not stopped.
      running.push({ ...member, stage, input });
    }
    start.onStarted();
    return running;
  } catch (error) {
    await stopAll(start, running);
    throw error;
  } finally {
    // palhm keeps no end of a pipe open, so that end of file and SIGPIPE work as in a shell.
    closePipes(pipes);
  }
}

/** What a tee writes to stderr is shown only when it fails. */
function consumerOf({ context, onLine }: PipelineStart, { exec, tap }: Member): LineConsumer {
  return {
    redact: (text) => context.redactor.redact(text),
    onLine: tap === undefined ? (line) => onLine(exec, line) : () => undefined,
  };
}

/** Waits for every process. Stops them at once on an abort; after a failure, when the others had time to end. */
async function watchMembers(
  start: PipelineStart,
  running: readonly RunningMember[],
): Promise<readonly JudgedStage[]> {
  const allEnded = new AbortController();
  const { signal } = allEnded;
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= stopAll(start, running);
  };
  const judge = async ({ exec, stage, tap }: RunningMember): Promise<JudgedStage> => {
    const end = await stage.ended;
    const judged = tap === undefined ? judgeStage(exec, end) : judgeTee(exec, end);
    if (!judged.well) delay(SETTLE_MS, undefined, { signal }).then(stop, () => {});
    return judged;
  };
  start.signal.addEventListener('abort', stop, { signal });
  if (start.signal.aborted) stop();
  const ends = running.map(judge);
  const holder = watchForHolder(running, signal);
  holder.then(
    (found) => found && stop(),
    () => {},
  );
  const judged = await Promise.all(ends).finally(() => allEnded.abort());
  // Processes that a failed pipeline left in the background must not outlive it.
  if (!judged.every(({ well }) => well)) stop();
  await stopping;
  const failure = await holder;
  if (failure !== undefined && findCulprit(judged) === undefined) throw failure;
  return judged;
}

/** When the stages have ended and a tee has not: a failure that names the process that still holds what the tee reads. */
async function watchForHolder(
  running: readonly RunningMember[],
  over: AbortSignal,
): Promise<Failure | undefined> {
  const tees = running.filter(({ tap }) => tap !== undefined);
  if (tees.length === 0) return undefined;
  const stages = running.filter(({ tap }) => tap === undefined);
  await Promise.all(stages.map(({ stage }) => stage.ended));
  return await findHolder(
    tees.flatMap(({ input }) => input ?? []),
    over,
  );
}

async function stopAll(
  { graceMs = GRACE_MS }: PipelineStart,
  running: readonly RunningMember[],
): Promise<void> {
  await Promise.all(running.map(({ stage }) => stage.stop(graceMs)));
}
