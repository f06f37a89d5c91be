/**
 * A program that works beside others for as long as it is needed, such as a server that a drill asks: it says by a line
 * when it is ready, and is ended politely.
 */
import { closeSync } from 'node:fs';
import type { ExecPlan } from '../config/plan/plan.js';
import { renderCommand } from '../config/plan/render-value.js';
import { Failure } from '../failure/failure.js';
import { openPipe } from '../host/pipes.js';
import { setLongTimer } from '../host/timer.js';
import { formatDuration } from '../units/duration.js';
import { buildCommand, type CommandContext, stageName } from './command.js';
import { describeEnd, describeTime, lastWords } from './failure-report.js';
import { DRAIN_MS, readOutput } from './read-output.js';
import { GRACE_MS, type Stage, type StageEnd, startStage } from './stage.js';
import type { LineConsumer } from './tail.js';

export interface ProcessStart {
  readonly exec: ExecPlan;
  readonly context: CommandContext;
  /** What is in the line that says that it is ready, or a pattern of it; on stdout or stderr. */
  readonly ready: string | RegExp;
  readonly readyWithinMs: number;
  /** A line that it wrote, free of secrets. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Aborted before it is ready: it is stopped, and the promise rejects with the reason. After that, stop it. */
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL; 5 s unless told. */
  readonly graceMs?: number;
}

export interface RunningProcess {
  /** The line that said so. */
  readonly readyLine: string;
  /** Never rejects. A Failure when it ended although nobody had asked; undefined when it was stopped. */
  readonly ended: Promise<Failure | undefined>;
  /** SIGTERM to its group, SIGKILL after the grace. Resolves when it is gone, also when it was before. */
  stop(): Promise<void>;
}

/**
 * Resolves when it is ready. Failure STAGE_FAILED when it ends before, STAGE_TIMEOUT when it is not ready in time: then it
 * is gone; STAGE_NOT_STARTED, REFERENCE_UNRESOLVED.
 */
export async function startProcess(start: ProcessStart): Promise<RunningProcess> {
  const { exec, signal, graceMs = GRACE_MS } = start;
  signal.throwIfAborted();
  const readiness = awaitLine(start.ready);
  const { stage, ended } = await launch(start, readiness.see).catch((error: unknown) => {
    throw error instanceof Failure ? error.at(exec.place) : error;
  });
  const stop = async (): Promise<void> => {
    await stage.stop(graceMs);
    await ended;
  };
  try {
    const readyLine = await firstOf(start, readiness.line, ended);
    return { readyLine, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Launched {
  readonly stage: Stage;
  readonly ended: RunningProcess['ended'];
}

async function launch(start: ProcessStart, see: (line: string) => void): Promise<Launched> {
  const { exec, context, onLine } = start;
  const consumerOf = (stream: 'stdout' | 'stderr'): LineConsumer => ({
    redact: (text) => context.redactor.redact(text),
    onLine(line) {
      onLine(line, stream);
      see(line);
    },
  });
  const command = await buildCommand(exec, context);
  const pipe = await openPipe();
  const output = readOutput(pipe.readEnd, consumerOf('stdout'));
  try {
    const stage = await startStage({
      command,
      stdin: 'ignore',
      stdout: pipe.writeEnd,
      consumer: consumerOf('stderr'),
      timeoutMs: exec.timeout?.ms,
    });
    const ended = stage.ended.then(async (end) => {
      const stdout = await output.lastWords(DRAIN_MS);
      return end.stopped === 'asked' ? undefined : describeEarlyEnd(start, end, stdout);
    });
    return { stage, ended };
  } finally {
    closeSync(pipe.writeEnd);
  }
}

/** A promise of the first line that is meant, among those that are seen. */
function awaitLine(ready: string | RegExp): {
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

/** Whatever comes first: the line, the end of the process, the end of patience, the abort. */
async function firstOf(
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
    clearTimer = setLongTimer(readyWithinMs, () => reject(notReady(start)));
    if (signal.aborted) giveUp();
  });
  try {
    const first = await Promise.race([line, ended, never]);
    if (typeof first === 'string') return first;
    throw first ?? notReady(start);
  } finally {
    clearTimer();
    signal.removeEventListener('abort', giveUp);
  }
}

function notReady({ exec, ready, readyWithinMs }: ProcessStart): Failure {
  const within = formatDuration({ ms: readyWithinMs });
  return new Failure({
    code: 'STAGE_TIMEOUT',
    message: `${stageName(exec)} was not ready within ${within} and was stopped`,
    details: [
      `command: ${renderCommand(exec.argv)}`,
      `it had to print a line with ${typeof ready === 'string' ? JSON.stringify(ready) : ready}`,
    ],
    hint: 'run it by hand and see what it prints, or give it more time',
    place: exec.place,
  });
}

function describeEarlyEnd({ exec, context }: ProcessStart, end: StageEnd, stdout: string): Failure {
  const { redactor } = context;
  return new Failure({
    code: end.stopped === 'timeout' ? 'STAGE_TIMEOUT' : 'STAGE_FAILED',
    message: `${stageName(exec)}, which was to go on, ${describeEnd(end)} after ${describeTime(end)}`,
    details: [
      `command: ${renderCommand(exec.argv)}`,
      // Servers write to either.
      ...(stdout === '' ? [] : lastWords(redactor.redact(stdout), 'stdout')),
      ...lastWords(redactor.redact(end.stderr), 'stderr'),
    ],
    hint: 'run it by hand and see why it ends',
    place: exec.place,
  });
}
