/**
 * A program that runs beside others for as long as it is needed, such as a server that a drill queries. It prints a line
 * when it is ready, and gets SIGTERM when it is no longer needed.
 */
import { closeSync } from 'node:fs';
import type { ExecPlan } from '../config/plan/plan.js';
import { renderCommand } from '../config/plan/render-value.js';
import { Failure } from '../failure/failure.js';
import { openPipe } from '../host/pipes.js';
import { setLongTimer } from '../host/timer.js';
import { formatDuration } from '../units/duration.js';
import { addPlace, buildCommand, type CommandContext, stageName } from './command.js';
import { describeEnd, describeTime, lastLines } from './failure-report.js';
import { DRAIN_MS, type OutputConsumer, readOutput } from './read-output.js';
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
}

export interface RunningProcess {
  /** The line that said that it is ready. */
  readonly readyLine: string;
  /** Never rejects. A Failure when the program ended by itself; undefined when it was stopped. */
  readonly ended: Promise<Failure | undefined>;
  /** SIGTERM to its group, SIGKILL after the grace. Resolves when it has ended; at once when it had ended before. */
  stop(): Promise<void>;
}

/**
 * Resolves when the program is ready. Failure STAGE_FAILED when it ends before that, STAGE_TIMEOUT when it is not ready in
 * time, STAGE_NOT_STARTED, REFERENCE_UNRESOLVED. After a failure it does not run any more.
 */
export async function startProcess(start: ProcessStart): Promise<RunningProcess> {
  const { exec, signal, graceMs = GRACE_MS } = start;
  signal.throwIfAborted();
  const readiness = watchForLine(start.ready);
  const { stage, ended } = await launch(start, readiness.see).catch(addPlace(exec));
  const stop = async (): Promise<void> => {
    await stage.stop(graceMs);
    await ended;
  };
  try {
    const readyLine = await waitUntilReady(start, readiness.line, ended);
    signal.throwIfAborted();
    return { readyLine, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts the program. `see` gets each line. */
async function launch(
  start: ProcessStart,
  see: (line: string) => void,
): Promise<{ readonly stage: Stage; readonly ended: RunningProcess['ended'] }> {
  const { exec, context, onLine, signal } = start;
  const consumerOf = (stream: 'stdout' | 'stderr'): OutputConsumer => ({
    redact: (text) => context.redactor.redact(text),
    onLine: (line) => onLine(line, stream),
    log: context.log,
    see: start.readyOn === undefined || start.readyOn === stream ? see : undefined,
  });
  const command = await buildCommand(exec, { ...context, signal });
  const pipe = await openPipe(signal);
  const output = readOutput(pipe.readEnd, consumerOf('stdout'));
  try {
    const stage = await startStage({
      command,
      stdin: 'ignore',
      stdout: pipe.writeEnd,
      consumer: consumerOf('stderr'),
      timeoutMs: exec.timeout?.ms,
      signal,
    });
    const ended = stage.ended.then(async (end) => {
      const stdout = await output.tail(DRAIN_MS);
      return end.stopped === 'asked' ? undefined : earlyEndFailure(start, end, stdout);
    });
    return { stage, ended };
  } finally {
    closeSync(pipe.writeEnd);
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
