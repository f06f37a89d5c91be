/**
 * Helper programs: what palhm asks of other programs that are not stages, such as getent, fallocate, sync. execa runs them.
 *
 * execa is imported at the first use: measured on 2026-11-26 with execa 9.6.1 on Node 20.20, its import costs 0.09 s of CPU
 * and 13 MB of memory. What every run starts with (`flock`, the shell that makes pipes, the process that lists copies)
 * therefore stays on `node:child_process`, and so do the stages: see exec/stage.ts.
 */
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { FailureCode } from '../failure/codes.js';
import { Failure, isErrno, messageOf } from '../failure/failure.js';
import { formatDuration } from '../units/duration.js';
import { adviseOnLimits } from './limits.js';
import { stopProcessGroup } from './process-group.js';
import { findProgram, packageOf } from './programs.js';
import { setLongTimer } from './timer.js';

export interface Helper {
  /** The program, by its path or by a name on palhm's own PATH, and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Of the Failure when the program cannot be started, does not end in time or ends otherwise than accepted. */
  readonly code: FailureCode;
  /** What to do about it; that for a missing program or a limit of the system comes first. */
  readonly hint?: string | undefined;
  /** Exit codes that are answers; only 0 unless told. `any` accepts a death by a signal, too. */
  readonly accept?: readonly number[] | 'any';
  /** Aborted: the program is stopped, and the promise rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** An open descriptor, which the program finds as its descriptor 3. */
  readonly fd?: number;
  /** Further variables; it has palhm's own and LC_ALL=C, so that its messages can be understood. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface HelperEnd {
  /** Null after a death by a signal. */
  readonly exitCode: number | null;
  /** Without the line break at its end. */
  readonly stdout: string;
  /** The last 4096 characters, without blanks around them. */
  readonly stderr: string;
}

const LONGEST_STDOUT = 4 * 1024 * 1024;
const LONGEST_STDERR = 4096;
const SHOWN_LINES = 10;
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2000;
/** For the end of its output after the program has ended: a daemon that it started may hold that open for ever. */
const DRAIN_MS = 200;

/**
 * Runs a program to its end. It has no stdin, and a session and process group of its own: Ctrl-C is for palhm, which then
 * stops the whole group, first politely. Failure with the caller's code and the last lines of stderr; when the system
 * refused to start the program, its `cause` is the error of the system.
 */
export async function runHelper(helper: Helper): Promise<HelperEnd> {
  helper.signal?.throwIfAborted();
  const { execa } = await import('execa');
  helper.signal?.throwIfAborted();
  const [program, ...args] = helper.argv;
  const child = execa(findProgram(program) ?? program, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...descriptor3(helper)],
    buffer: false,
    detached: true,
    reject: false,
    env: { LC_ALL: 'C', ...helper.environment },
  });
  const watch = watchOver(child.pid, helper);
  // Not by execa's maxBuffer, which does not end a program that does not write on.
  const stdout = keepAll(child.stdout, () => watch.stop('verbose'));
  const stderr = keepEnd(child.stderr);
  const release = letGoAfterExit(child);
  const result = await child;
  release();
  const why = await watch.end();
  if (why === 'aborted') throw helper.signal?.reason;
  if (child.pid === undefined) throw notStarted(helper, result.cause ?? result);
  const { exitCode = null, signal = null } = result;
  const end = { exitCode, stdout: stdout().replace(/\n$/, ''), stderr: stderr().trim() };
  if (why === undefined && isAccepted(helper, exitCode)) return end;
  throw endedBadly(helper, describeEnd(helper, { why, exitCode, signal }), end.stderr);
}

function descriptor3({ fd }: Helper): readonly 3[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- execa takes any descriptor, its typings know the first ten
  return fd === undefined ? [] : [fd as 3];
}

function isAccepted({ accept = [0] }: Helper, exitCode: number | null): boolean {
  return accept === 'any' || (exitCode !== null && accept.includes(exitCode));
}

/** Reads a stream to its end. Nobody can do anything with a part of it: that it is too long is told. */
function keepAll(stream: Readable, onTooLong: () => void): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.length <= LONGEST_STDOUT) return;
    text = '';
    onTooLong();
  });
  return () => text;
}

/** Reads a stream to its end and remembers the last of it. */
function keepEnd(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-LONGEST_STDERR);
  });
  return () => text;
}

/** Does not wait for those whom an ended program left behind with its output. */
function letGoAfterExit(child: Started): () => void {
  let timer: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    timer = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN_MS);
  });
  return () => clearTimeout(timer);
}

interface Started {
  once(event: 'exit', listener: () => void): unknown;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** Why palhm stopped a program. */
type StopReason = 'aborted' | 'late' | 'verbose';

interface Watch {
  /** Stops it with its whole group; the first reason counts. */
  stop(reason: StopReason): void;
  /** Gives up the watch. Why the program was stopped, if it was: then also what was left of its group is gone. */
  end(): Promise<StopReason | undefined>;
}

/** Stops the program at the abort of its signal and when its time is over. */
function watchOver(pid: number | undefined, { signal, timeoutMs }: Helper): Watch {
  let why: StopReason | undefined;
  let stopping: Promise<void> | undefined;
  const stop = (reason: StopReason): void => {
    why ??= reason;
    if (pid !== undefined) stopping ??= stopProcessGroup(pid, GRACE_MS);
  };
  const abort = (): void => stop('aborted');
  signal?.addEventListener('abort', abort, { once: true });
  const clearTimer =
    timeoutMs === undefined ? undefined : setLongTimer(timeoutMs, () => stop('late'));
  return {
    stop,
    async end() {
      signal?.removeEventListener('abort', abort);
      clearTimer?.();
      await stopping;
      return why;
    },
  };
}

function notStarted({ argv: [program], code, hint }: Helper, cause: unknown): Failure {
  const isMissing = isErrno(cause, 'ENOENT');
  const install = packageOf(program);
  return new Failure({
    code,
    message: isMissing
      ? `the program ${program} is not installed`
      : `${program} could not be started: ${messageOf(cause)}`,
    hint:
      isMissing && install !== undefined ? `install ${install}` : (adviseOnLimits(cause) ?? hint),
    cause,
  });
}

interface BadEnd {
  readonly why: StopReason | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

function describeEnd({ timeoutMs = 0 }: Helper, { why, exitCode, signal }: BadEnd): string {
  if (why === 'late')
    return `did not end within ${formatDuration({ ms: timeoutMs })} and was stopped`;
  if (why === 'verbose') return 'printed more than 4 MiB and was stopped';
  return exitCode === null
    ? `was killed by ${signal ?? 'a signal'}`
    : `exited with status ${exitCode}`;
}

function endedBadly({ argv: [program], code, hint }: Helper, how: string, stderr: string): Failure {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return new Failure({
    code,
    message: `${basename(program)} ${how}`,
    details: lines.slice(-SHOWN_LINES).map((line) => `| ${line}`),
    hint,
  });
}
