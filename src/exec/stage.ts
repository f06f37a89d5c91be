/**
 * One running program: starts it with given descriptors, watches it until it has ended, stops it on request.
 *
 * execa runs helper programs (host/helper.ts), but not stages. What stages need is the purpose of palhm: kernel pipes
 * between them, a process group for each, and the order in which they end, which decides what is blamed. With `spawn`
 * nothing stands between the descriptors and the kernel, and nothing is buffered here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure, messageOf } from '../failure/failure.js';
import { adviseOnLimits } from '../host/limits.js';
import { openPipe } from '../host/pipes.js';
import { startGroup } from '../host/process-group.js';
import { setLongTimer } from '../host/timer.js';
import type { Command } from './command.js';
import { DRAIN_MS, type OutputConsumer, readOutput } from './read-output.js';

export interface StageStart {
  readonly command: Command;
  readonly stdin: number | 'ignore';
  readonly stdout: number | 'ignore';
  /** A further descriptor, which becomes descriptor 3 of the program. */
  readonly third?: number | undefined;
  /** Gets the lines of stderr. */
  readonly consumer: OutputConsumer;
  readonly timeoutMs: number | undefined;
  /** Ends the start, not the program. */
  readonly signal?: AbortSignal | undefined;
}

export interface StageEnd {
  /** Null after a death by a signal; also without a signal when it does not die. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds since the start of palhm's process. Monotonic: for order and durations only. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why palhm stopped it, if it did. */
  readonly stopped: 'asked' | 'timeout' | undefined;
  /** The last 32 KiB of stderr. */
  readonly stderr: string;
}

export interface Stage {
  /** Its process group, which has the process id of the stage. */
  readonly group: number;
  /** By the clock of `performance.now`. */
  readonly startedAt: number;
  readonly ended: Promise<StageEnd>;
  /** SIGTERM to its whole session, SIGKILL after the grace; also to what an ended stage left behind: see process-group.ts. */
  stop(graceMs: number): Promise<void>;
}

/** The time between SIGTERM and SIGKILL for a stage that has exceeded its timeout. */
export const GRACE_MS = 5000;

/** Between the end of a program that was killed and the news of it. */
const NEWS_MS = 1000;

/** Starts a program. The caller closes the descriptors. Failure STAGE_NOT_STARTED. */
export async function startStage(start: StageStart): Promise<Stage> {
  const { command } = start;
  const stderr = await openPipe(start.signal);
  const startedAt = performance.now();
  const output = readOutput(stderr.readEnd, start.consumer);
  let started: ReturnType<typeof spawnStage>;
  try {
    started = spawnStage(start, stderr.writeEnd);
  } catch (error) {
    throw await startFailure(command, error);
  } finally {
    closeSync(stderr.writeEnd);
  }
  const { child, group } = started;
  const exit = waitForExit(child);
  // Node reports a missing program by an event, after `spawn` has returned.
  if (group === undefined)
    throw await startFailure(command, await exit.catch((error: unknown) => error));

  let stopped: StageEnd['stopped'];
  let giveUp = (): void => undefined;
  const givenUp = new Promise<Exit>((resolve) => {
    giveUp = () => resolve({ exitCode: null, signal: null });
  });
  const stop = async (reason: 'asked' | 'timeout', graceMs: number): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) stopped ??= reason;
    await group.stop(graceMs);
    // What a device or a server keeps survives SIGKILL. That it is left is said by who ends the processes of the run.
    await Promise.race([exit, delay(NEWS_MS, undefined, { ref: false })]);
    child.unref();
    giveUp();
  };
  const { timeoutMs = Number.POSITIVE_INFINITY } = start;
  const clearTimer = setLongTimer(timeoutMs, () => void stop('timeout', GRACE_MS));
  const watch = async (): Promise<StageEnd> => {
    const { exitCode, signal } = await Promise.race([exit, givenUp]);
    const endedAt = performance.now();
    clearTimer();
    return {
      exitCode,
      signal,
      startedAt,
      endedAt,
      stopped,
      stderr: await output.tail(DRAIN_MS),
    };
  };
  return { group: group.pid, startedAt, ended: watch(), stop: (graceMs) => stop('asked', graceMs) };
}

/** It leads a session and a process group: see process-group.ts. */
function spawnStage({ command, stdin, stdout, third }: StageStart, stderr: number) {
  const [program = '', ...args] = command.argv;
  return startGroup(
    () =>
      spawn(program, args, {
        stdio: [stdin, stdout, stderr, ...(third === undefined ? [] : [third])],
        detached: true,
        env: command.env,
        cwd: command.cwd,
      }),
    command.env['PALHM_RUN'],
  );
}

async function startFailure({ name, cwd }: Command, cause: unknown): Promise<Failure> {
  // The error of the system names the program also when the working directory is missing.
  const isCwdMissing = cwd !== undefined && !(await isDirectory(cwd));
  const why = isCwdMissing ? `${cwd} does not exist or is not a directory` : messageOf(cause);
  return new Failure({
    code: 'STAGE_NOT_STARTED',
    message: `${name} could not be started: ${why}`,
    hint: isCwdMissing ? 'mend "cwd" in the exec, or make the directory' : adviseOnLimits(cause),
    cause,
  });
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

type Exit = Pick<StageEnd, 'exitCode' | 'signal'>;

/** On `exit`, not `close`: Node does not own the descriptors, so it has nothing to close. */
function waitForExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}
