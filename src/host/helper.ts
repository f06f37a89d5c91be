/**
 * Helper programs: programs that palhm runs and that are not stages, such as getent, fallocate, sync. execa runs them.
 *
 * execa is imported at the first use, because its import costs 0.09 s of CPU and 13 MB of memory (measured on 2026-11-26
 * with execa 9.6.1 on Node 20.20). Therefore the programs that every run starts with use `node:child_process`: `flock`, the
 * shell that makes pipes, the process that lists copies. So do the stages: see exec/stage.ts.
 */
import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { FailureCode } from '../failure/codes.js';
import { Failure, isErrno, messageOf } from '../failure/failure.js';
import { formatDuration } from '../units/duration.js';
import { adviseOnLimits } from './limits.js';
import { type ProcessGroup, startGroup } from './process-group.js';
import { findProgram, packageOf } from './programs.js';
import { setLongTimer } from './timer.js';

export interface Helper {
  /** The program, by its path or by its name on palhm's own PATH, and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** The code of the Failure when the program cannot be started, does not end in time, or ends in a way not accepted. */
  readonly code: FailureCode;
  /** The hint of that Failure. A hint about a missing program or a limit of the system replaces it. */
  readonly hint?: string | undefined;
  /** Exit codes that are no failure; by default only 0. `any` accepts a death by a signal, too. */
  readonly accept?: readonly number[] | 'any';
  /** When it is aborted, the program is stopped and the promise rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** What the program reads on its stdin; by default nothing. */
  readonly input?: string;
  /** How many of the last characters of stderr are kept; by default 4096. */
  readonly longestStderr?: number;
  /** An open descriptor, which becomes descriptor 3 of the program. */
  readonly fd?: number;
  /** Variables in addition to palhm's own and to LC_ALL=C, which keeps its messages in English. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface HelperEnd {
  /** Null after a death by a signal. */
  readonly exitCode: number | null;
  /** Without the last line break. */
  readonly stdout: string;
  /** Its last characters, without leading and trailing blanks. */
  readonly stderr: string;
}

const LONGEST_STDOUT = 4 * 1024 * 1024;
const LONGEST_STDERR = 4096;
const SHOWN_LINES = 10;
/** What a spawn opens: two ends for each of stdout and stderr, two for the report of execve, and some in reserve. */
const DESCRIPTORS = 8;
/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2000;
/** How long to wait for the end of the output after the program has ended. A daemon that it started may keep it open. */
const DRAIN_MS = 200;

/**
 * Runs a program to its end. It has its own session and process group, so that Ctrl-C reaches
 * only palhm, which then stops the whole group: SIGTERM first, SIGKILL later. Failure with the caller's code and the last
 * lines of stderr; when the system refused to start the program, its `cause` is the error of the system.
 */
export async function runHelper(helper: Helper): Promise<HelperEnd> {
  helper.signal?.throwIfAborted();
  const { execa } = await import('execa');
  helper.signal?.throwIfAborted();
  const [program, ...args] = helper.argv;
  refuseWithoutDescriptors(helper);
  const { child, group } = startGroup(() =>
    execa(findProgram(program) ?? program, args, {
      ...(helper.input === undefined ? {} : { input: helper.input }),
      stdio: [
        helper.input === undefined ? 'ignore' : 'pipe',
        'pipe',
        'pipe',
        ...descriptor3(helper),
      ],
      buffer: false,
      detached: true,
      reject: false,
      env: { LC_ALL: 'C', ...helper.environment },
    }),
  );
  const watch = watchProgram(group, helper);
  // execa's maxBuffer would not do: it stops the program only when that writes again.
  const stdout = keepAll(child.stdout, () => watch.stop('verbose'));
  const stderr = keepEnd(child.stderr, helper.longestStderr);
  const cancelDrain = dropOutputAfterExit(child);
  const result = await child;
  cancelDrain();
  const why = await watch.end();
  if (why === undefined || why === 'aborted') helper.signal?.throwIfAborted();
  if (child.pid === undefined) throw startFailure(helper, result.cause ?? result);
  const { exitCode = null, signal = null } = result;
  const end = { exitCode, stdout: stdout().replace(/\n$/, ''), stderr: stderr().trim() };
  if (why === undefined && isAccepted(helper, exitCode)) return end;
  throw endFailure(helper, describeEnd(helper, { why, exitCode, signal }), end.stderr);
}

/**
 * Without free descriptors, `spawn` of Node returns a child without `stdio` and emits an error later. execa 9.6 then throws
 * a TypeError, and nobody handles the later error, which would end palhm without a roll back. So the descriptors are tried
 * first. No other JavaScript runs before the spawn, but a thread of Node may still open a file.
 */
function refuseWithoutDescriptors(helper: Helper): void {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS) opened.push(openSync('/dev/null', 'r'));
  } catch (error) {
    throw startFailure(helper, error);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function descriptor3({ fd }: Helper): readonly 3[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- execa takes any descriptor, its types name only the first ten
  return fd === undefined ? [] : [fd as 3];
}

function isAccepted({ accept = [0] }: Helper, exitCode: number | null): boolean {
  return accept === 'any' || (exitCode !== null && accept.includes(exitCode));
}

/** Reads a stream to its end. Part of an output would be useless: when it is too long, nothing of it is kept. */
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

/** Reads a stream to its end and keeps only its last part. */
function keepEnd(stream: Readable, longest = LONGEST_STDERR): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-longest);
  });
  return () => text;
}

/**
 * Once the program has ended, does not wait long for processes that it left behind and that still hold its output. Returns
 * the function that cancels this.
 */
function dropOutputAfterExit(child: Started): () => void {
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
  /** Stops the program and its whole group. The first reason counts. */
  stop(reason: StopReason): void;
  /** Ends the watch. Returns why the program was stopped, if it was; then its whole group has ended. */
  end(): Promise<StopReason | undefined>;
}

/** Stops the program when its signal is aborted and when its time is over. */
function watchProgram(group: ProcessGroup | undefined, { signal, timeoutMs }: Helper): Watch {
  let why: StopReason | undefined;
  let stopping: Promise<void> | undefined;
  const stop = (reason: StopReason): void => {
    why ??= reason;
    stopping ??= group?.stop(GRACE_MS);
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

function startFailure({ argv: [program], code, hint }: Helper, cause: unknown): Failure {
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

interface ProgramEnd {
  readonly why: StopReason | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

function describeEnd({ timeoutMs = 0 }: Helper, { why, exitCode, signal }: ProgramEnd): string {
  if (why === 'late')
    return `did not end within ${formatDuration({ ms: timeoutMs })} and was stopped`;
  if (why === 'verbose') return 'printed more than 4 MiB and was stopped';
  return exitCode === null
    ? `was killed by ${signal ?? 'a signal'}`
    : `exited with status ${exitCode}`;
}

function endFailure({ argv: [program], code, hint }: Helper, how: string, stderr: string): Failure {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return new Failure({
    code,
    message: `${basename(program)} ${how}`,
    details: lines.slice(-SHOWN_LINES).map((line) => `| ${line}`),
    hint,
  });
}
