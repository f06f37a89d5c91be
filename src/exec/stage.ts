/**
 * One program at work: started with given descriptors, watched until it has ended, stopped when told to.
 *
 * Stages are not run by execa, as helper programs are (host/helper.ts): kernel pipes between them, a process group each
 * and the order in which they end, on which blame rests, are what palhm is for. With `spawn` nothing stands between the
 * descriptors and the kernel, and nothing is buffered here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Failure, messageOf } from '../failure/failure.js';
import { adviseOnLimits } from '../host/limits.js';
import { openPipe } from '../host/pipes.js';
import { stopProcessGroup } from '../host/process-group.js';
import { setLongTimer } from '../host/timer.js';
import type { Command } from './command.js';
import { DRAIN_MS, readOutput } from './read-output.js';
import type { LineConsumer } from './tail.js';

export interface StageStart {
  readonly command: Command;
  readonly stdin: number | 'ignore';
  readonly stdout: number | 'ignore';
  /** A further descriptor, number 3 of the program. */
  readonly third?: number;
  /** Gets each line of stderr, as it comes. */
  readonly consumer: LineConsumer;
  readonly timeoutMs: number | undefined;
}

export interface StageEnd {
  /** Null after a death by a signal. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds since the start of the process, monotonic: for order and durations only. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why palhm ended it, if it did. */
  readonly stopped: 'asked' | 'timeout' | undefined;
  /** The last 32 KiB of its stderr. */
  readonly stderr: string;
}

export interface Stage {
  readonly ended: Promise<StageEnd>;
  /** SIGTERM to its whole group, SIGKILL after the grace; also to what an ended stage left running. */
  stop(graceMs: number): Promise<void>;
}

/** A stage past its timeout gets SIGTERM, and SIGKILL when it has not ended so long after. */
export const GRACE_MS = 5000;

/** Starts a program. The descriptors stay the caller's to close. Failure STAGE_NOT_STARTED. */
export async function startStage(start: StageStart): Promise<Stage> {
  const stderr = await openPipe();
  const startedAt = performance.now();
  const output = readOutput(stderr.readEnd, start.consumer);
  let child: ChildProcess;
  try {
    child = spawnGroupLeader(start, stderr.writeEnd);
  } catch (error) {
    throw await notStarted(start.command, error);
  } finally {
    closeSync(stderr.writeEnd);
  }
  const exit = waitForExit(child);
  const pid = child.pid;
  // Node reports that a program is missing by an event, after `spawn` has returned.
  if (pid === undefined)
    throw await notStarted(start.command, await exit.catch((error: unknown) => error));

  let stopped: StageEnd['stopped'];
  const stop = async (reason: 'asked' | 'timeout', graceMs: number): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) stopped ??= reason;
    await stopProcessGroup(pid, graceMs);
  };
  const { timeoutMs = Number.POSITIVE_INFINITY } = start;
  const clearTimer = setLongTimer(timeoutMs, () => void stop('timeout', GRACE_MS));
  const watch = async (): Promise<StageEnd> => {
    const { exitCode, signal } = await exit;
    const endedAt = performance.now();
    clearTimer();
    return {
      exitCode,
      signal,
      startedAt,
      endedAt,
      stopped,
      stderr: await output.lastWords(DRAIN_MS),
    };
  };
  return { ended: watch(), stop: (graceMs) => stop('asked', graceMs) };
}

function spawnGroupLeader(
  { command, stdin, stdout, third }: StageStart,
  stderr: number,
): ChildProcess {
  const [program = '', ...args] = command.argv;
  const cwd = command.cwd === undefined ? {} : { cwd: command.cwd };
  return spawn(program, args, {
    stdio: [stdin, stdout, stderr, ...(third === undefined ? [] : [third])],
    detached: true,
    env: command.env,
    ...cwd,
  });
}

async function notStarted({ name, cwd }: Command, cause: unknown): Promise<Failure> {
  // The system's error names the program also when it is the directory that is missing.
  const isAstray = cwd !== undefined && !(await isDirectory(cwd));
  const why = isAstray ? `${cwd} does not exist or is not a directory` : messageOf(cause);
  return new Failure({
    code: 'STAGE_NOT_STARTED',
    message: `${name} could not be started: ${why}`,
    hint: isAstray ? 'mend "cwd" in the exec, or make the directory' : adviseOnLimits(cause),
    cause,
  });
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** `exit`, not `close`: the descriptors are not Node's, so there is nothing for it to close. */
function waitForExit(
  child: ChildProcess,
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}
