/**
 * Stages whose stdout and stdin are connected by kernel pipes. The end of the stream is no success: a pipeline has ended
 * well only when each of its stages has. (When a dump is killed, the compressor behind it still ends with 0.)
 */
import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import { Failure } from '../failure/failure.js';
import type { Intake } from '../host/intake.js';
import { closePipes, openPipes } from '../host/pipes.js';
import type { Process } from '../host/proc.js';
import { endProcessesOfRun } from '../host/run-processes.js';
import { findCulprit, type JudgedStage, judgeStage } from './blame.js';
import { addPlace, buildCommand, type Command, type CommandContext, stageName } from './command.js';
import type { LeftOut } from './excerpt.js';
import { describeEnd, pipelineFailure } from './failure-report.js';
import { findHolder, findLeaving, type Holder } from './holder.js';
import type { OutputConsumer } from './read-output.js';
import { GRACE_MS, type Stage, type StageStart, startStage } from './stage.js';
import { buildTeeCommand, judgeTee, type Tap, teeFailure } from './tee.js';

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
  readonly onHeld?: (message: string) => void;
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

/**
 * How long the other stages of a failed pipeline may take to end by themselves. The first stage to fail may be the victim
 * of another one that is about to report why it fails. Stopping that one would hide the cause. The same holds for the
 * stages of a pipeline whose intake has failed: they break on the pipe by themselves, unless they are silent.
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
  const { judged, held } = await watchMembers(start, running);
  const stages = judged.filter((_, index) => running[index]?.tap === undefined);
  const culprit = findCulprit(judged);
  const cause = await findIntakeFailure(start, culprit);
  if (cause !== undefined) throw addConsequence(cause, culprit);
  if (culprit !== undefined)
    throw stages.includes(culprit)
      ? pipelineFailure(stages, culprit, start.context.redactor)
      : teeFailure(culprit);
  if (held !== undefined) throw held;
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
        stdout: pipes[index]?.writeEnd ?? descriptorOf(start.stdout),
        third: tap,
        consumer: consumerOf(start, member),
        timeoutMs: tap === undefined ? exec.timeout?.ms : undefined,
        signal: start.signal,
      }).catch(addPlace(exec));
      // No await may come before this line: a stage that is not in the list is not stopped.
      running.push({ ...member, stage, input });
    }
    intakeOf(start)?.handOver();
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

interface Watched {
  readonly judged: readonly JudgedStage[];
  /** Set when the stages have ended and a process that they left behind has kept the pipeline from its end. */
  readonly held: Failure | undefined;
}

/**
 * Waits for every process, and then for the end of the intake. Stops the processes at once on an abort; after a failure,
 * when the others had time to end.
 */
async function watchMembers(
  start: PipelineStart,
  running: readonly RunningMember[],
): Promise<Watched> {
  const over = new AbortController();
  const { signal } = over;
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= stopAll(start, running);
  };
  const stopSoon = (): void =>
    void delay(SETTLE_MS, undefined, { signal }).then(stop, () => undefined);
  const judge = async ({ exec, stage, tap }: RunningMember): Promise<JudgedStage> => {
    const end = await stage.ended;
    const judged = tap === undefined ? judgeStage(exec, end) : judgeTee(exec, end);
    if (!judged.well) stopSoon();
    return judged;
  };
  const intake = intakeOf(start);
  intake?.taken.catch(stopSoon);
  start.signal.addEventListener('abort', stop, { signal });
  if (start.signal.aborted) stop();
  const ends = running.map(judge);
  const holder = watchForHolder(start, running, signal);
  let ending: Promise<void> | undefined;
  holder.then(
    (found) => {
      if (found === undefined) return;
      stop();
      // It may have left the group of its stage.
      if (found.group !== undefined) ending = endGroup(start, found.group);
    },
    () => {},
  );
  const judged = await Promise.all(ends);
  const isWell = judged.every(({ well }) => well);
  if (isWell && intake !== undefined)
    await Promise.race([intake.taken, holder, onAbort(start.signal, signal)]).catch(
      () => undefined,
    );
  over.abort();
  // Processes that a failed pipeline left in the background must not outlive it.
  if (!isWell) stop();
  await stopping;
  const held = await holder;
  await ending;
  return { judged, held: held?.failure };
}

async function endGroup({ context, graceMs }: PipelineStart, group: number): Promise<void> {
  const isMeant = (found: Process): boolean => found.group === group;
  await endProcessesOfRun(context.runId, { graceMs: graceMs ?? GRACE_MS, isMeant });
}

/** Resolves when the signal is aborted, unless it is over before. */
function onAbort(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { signal: over });
  });
}

/** Once the stages have ended: the process that still holds what a tee or the intake reads. */
async function watchForHolder(
  start: PipelineStart,
  running: readonly RunningMember[],
  over: AbortSignal,
): Promise<Holder | undefined> {
  const intake = intakeOf(start);
  const stages = running.filter(({ tap }) => tap === undefined);
  const pipes = running.flatMap(({ input }) => input ?? []);
  if (intake !== undefined) pipes.push(intake.pipe);
  if (pipes.length === 0) return undefined;
  await Promise.all(stages.map(({ stage }) => stage.ended));
  return await findHolder(
    {
      pipes,
      bytes: () => intake?.bytes() ?? 0,
      // A tee may be slow because its reader is.
      isIdle: () => (pipes.length === 1 ? intake?.isIdle() : undefined),
      stageOf: ({ group }) => findLeaving(stages, group),
      onHeld: (message) => start.onHeld?.(message),
      runId: start.context.runId,
    },
    over,
  );
}

async function stopAll(
  { graceMs = GRACE_MS }: PipelineStart,
  running: readonly RunningMember[],
): Promise<void> {
  await Promise.all(running.map(({ stage }) => stage.stop(graceMs)));
}
