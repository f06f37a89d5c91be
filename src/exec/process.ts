/**
 * A program that runs beside others for as long as it is needed, such as a server that a drill queries. It prints a line
 * when it is ready, and gets SIGTERM when it is no longer needed. One that has something to print at its end is told by the
 * end of its stdin instead.
 */
import { closeSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import type { ExecPlan } from '../config/plan/plan.js';
import { renderCommand } from '../config/plan/render-value.js';
import { Failure } from '../failure/failure.js';
import { openPipes } from '../host/pipes.js';
import { setLongTimer } from '../host/timer.js';
import { formatDuration } from '../units/duration.js';
import { type JudgedStage, judgeStage } from './blame.js';
import { addPlace, buildCommand, type CommandContext, stageName } from './command.js';
import { describeEnd, describeTime, lastLines, pipelineFailure } from './failure-report.js';
import { DRAIN_MS, type OutputConsumer, readOutput } from './read-output.js';
import { createRest } from './rest.js';
import { GRACE_MS, type Stage, type StageEnd, startStage } from './stage.js';

export interface ProcessStart {
  readonly exec: ExecPlan;
  readonly context: CommandContext;
  /** A part or a pattern of the line that says that the program is ready; empty: any line. */
  readonly ready: string | RegExp;
  /** Where that line comes; by default on either. */
  readonly readyOn?: 'stdout';
  readonly readyWithinMs: number;
  /** Gets the lines of what the program writes that the log takes, without secrets. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  /** When it is aborted before the program is ready, the program is stopped and the promise rejects with the reason. */
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL; by default 5 s. */
  readonly graceMs?: number;
  /** How many bytes to keep of what it prints on stdout after its first line, for `finish`. Without it, it has no stdin. */
  readonly keepBytes?: number | undefined;
}

/** What a program has printed after its first line, and how it ended. */
export interface Finished {
  readonly printed: Buffer;
  readonly stage: JudgedStage;
}

export interface RunningProcess {
  /** The line that said that it is ready. */
  readonly readyLine: string;
  /** Its stdout, as in proc(5): `pipe:[4711]`. Whoever has it open was started by the program. */
  readonly pipe: string;
  /** Never rejects. A Failure when the program ended by itself; undefined when it was stopped. */
  readonly ended: Promise<Failure | undefined>;
  /** SIGTERM to its group, SIGKILL after the grace. Resolves when it has ended; at once when it had ended before. */
  stop(): Promise<void>;
  /**
   * Ends its stdin, and waits until it has ended by itself. Failure STAGE_FAILED when it does not end well, or has printed more than
   * was to be kept; when the signal is aborted the program is stopped, and the promise rejects with the reason.
   */
  finish(signal: AbortSignal): Promise<Finished>;
}

/**
 * Resolves when the program is ready. Failure STAGE_FAILED when it ends before that, STAGE_TIMEOUT when it is not ready in
 * time, STAGE_NOT_STARTED, REFERENCE_UNRESOLVED. After a failure it does not run any more.
 */
export async function startProcess(start: ProcessStart): Promise<RunningProcess> {
  const { exec, signal, graceMs = GRACE_MS } = start;
  signal.throwIfAborted();
  const readiness = watchForLine(start.ready);
  const launched = await launch(start, readiness.see).catch(addPlace(exec));
  const { stage, ended } = launched;
  const stop = async (): Promise<void> => {
    await stage.stop(graceMs);
    await ended;
    launched.endInput();
  };
  const finish = async (until: AbortSignal): Promise<Finished> => {
    const onAbort = (): void => void stop();
    until.addEventListener('abort', onAbort, { once: true });
    if (until.aborted) onAbort();
    else launched.endInput();
    const early = await ended;
    until.removeEventListener('abort', onAbort);
    until.throwIfAborted();
    if (early !== undefined) throw early;
    return judgeFinish(start, await launched.finished());
  };
  try {
    const readyLine = await waitUntilReady(start, readiness.line, ended);
    signal.throwIfAborted();
    return { readyLine, pipe: launched.pipe, ended, stop, finish };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Launched {
  readonly stage: Stage;
  readonly pipe: string;
  readonly ended: RunningProcess['ended'];
  /** Ends its stdin, if it has one. May be called again. */
  endInput(): void;
  /** Resolves when it has ended and its output was read. */
  finished(): Promise<RawFinish>;
}

interface RawFinish {
  readonly end: StageEnd;
  /** Undefined when it was too much. */
  readonly printed: Buffer | undefined;
  /** Whether its output was read to its end. */
  readonly isWhole: boolean;
}

function judgeFinish(start: ProcessStart, { end, printed, isWhole }: RawFinish): Finished {
  const { exec, context, keepBytes = 0 } = start;
  const stage = judgeStage(exec, end);
  if (!stage.well) throw pipelineFailure([stage], stage, context.redactor);
  if (printed !== undefined && isWhole) return { printed, stage };
  const why = isWhole
    ? `printed more than ${keepBytes} bytes`
    : 'left a process that keeps its stdout open, so nobody knows whether all was printed';
  throw new Failure({
    code: 'STAGE_FAILED',
    message: `${stageName(exec)} ${why}`,
    details: [`command: ${renderCommand(exec.argv)}`],
    hint: 'run it by hand and see what it prints when its stdin ends',
    place: exec.place,
  });
}

/** Starts the program. `see` gets each line. */
async function launch(start: ProcessStart, see: (line: string) => void): Promise<Launched> {
  const { exec, context, onLine, signal, keepBytes } = start;
  const rest = keepBytes === undefined ? undefined : createRest(keepBytes);
  const consumerOf = (stream: 'stdout' | 'stderr'): OutputConsumer => ({
    redact: (text) => context.redactor.redact(text),
    onLine: (line) => onLine(line, stream),
    log: context.log,
    see: start.readyOn === undefined || start.readyOn === stream ? see : undefined,
    rest: stream === 'stdout' ? rest : undefined,
  });
  const command = await buildCommand(exec, { ...context, signal });
  const [pipe, input] = await openPipes(rest === undefined ? 1 : 2, signal);
  if (pipe === undefined) throw new Error('there is no pipe');
  const name = await readlink(`/proc/self/fd/${pipe.readEnd}`);
  const output = readOutput(pipe.readEnd, consumerOf('stdout'));
  let askedAt = Number.POSITIVE_INFINITY;
  const endInput = (): void => {
    if (askedAt !== Number.POSITIVE_INFINITY) return;
    askedAt = performance.now();
    if (input !== undefined) closeSync(input.writeEnd);
  };
  try {
    const stage = await startStage({
      command,
      stdin: input?.readEnd ?? 'ignore',
      stdout: pipe.writeEnd,
      consumer: consumerOf('stderr'),
      timeoutMs: exec.timeout?.ms,
      signal,
    });
    const read = stage.ended.then(async (end) => ({ end, stdout: await output.tail(DRAIN_MS) }));
    const ended = read.then(({ end, stdout }) =>
      end.stopped === 'asked' || end.endedAt >= askedAt
        ? undefined
        : earlyEndFailure(start, end, stdout),
    );
    const finished = async (): Promise<RawFinish> => {
      const { end } = await read;
      return { end, printed: rest?.bytes(), isWhole: output.isWhole() };
    };
    return { stage, pipe: name, ended, endInput, finished };
  } catch (error) {
    endInput();
    throw error;
  } finally {
    closeSync(pipe.writeEnd);
    if (input !== undefined) closeSync(input.readEnd);
  }
}

/** `line` resolves with the first line that `see` is called with and that says that the program is ready. */
function watchForLine(ready: string | RegExp): {
  readonly line: Promise<string>;
  readonly see: (line: string) => void;
} {
  let see: (line: string) => void = () => undefined;
  const line = new Promise<string>((resolve) => {
    see = (seen) => {
      if (typeof ready === 'string' ? seen.includes(ready) : ready.test(seen)) resolve(seen);
    };
  });
  return { line, see };
}

/** Waits for the first of these: the line, the end of the process, the end of the time allowed, the abort. */
async function waitUntilReady(
  start: ProcessStart,
  line: Promise<string>,
  ended: RunningProcess['ended'],
): Promise<string> {
  const { signal, readyWithinMs } = start;
  let giveUp: () => void = () => undefined;
  let clearTimer: () => void = () => undefined;
  const never = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp);
    clearTimer = setLongTimer(readyWithinMs, () => reject(readinessFailure(start)));
    if (signal.aborted) giveUp();
  });
  try {
    const first = await Promise.race([line, ended, never]);
    if (typeof first === 'string') return first;
    throw first ?? readinessFailure(start);
  } finally {
    clearTimer();
    signal.removeEventListener('abort', giveUp);
  }
}

function readinessFailure({ exec, ready, readyWithinMs }: ProcessStart): Failure {
  const within = formatDuration({ ms: readyWithinMs });
  return new Failure({
    code: 'STAGE_TIMEOUT',
    message: `${stageName(exec)} was not ready within ${within} and was stopped`,
    details: [
      `command: ${renderCommand(exec.argv)}`,
      ready === ''
        ? 'it had to print a line'
        : `it had to print a line with ${typeof ready === 'string' ? JSON.stringify(ready) : ready}`,
    ],
    hint: 'run it by hand and see what it prints, or give it more time',
    place: exec.place,
  });
}

function earlyEndFailure({ exec, context }: ProcessStart, end: StageEnd, stdout: string): Failure {
  const { redactor } = context;
  return new Failure({
    code: end.stopped === 'timeout' ? 'STAGE_TIMEOUT' : 'STAGE_FAILED',
    message: `${stageName(exec)}, which was to go on, ${describeEnd(end)} after ${describeTime(end)}`,
    details: [
      `command: ${renderCommand(exec.argv)}`,
      // Servers may write to either stream.
      ...(stdout === '' ? [] : lastLines(redactor.redact(stdout), 'stdout')),
      ...lastLines(redactor.redact(end.stderr), 'stderr'),
    ],
    hint: 'run it by hand and see why it ends',
    place: exec.place,
  });
}
