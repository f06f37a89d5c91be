/**
 * Real kernel pipes. Node cannot make any: `spawn` connects its children with socket pairs. On a socket, a program that
 * opens `/dev/stdout` or `/dev/stdin` fails with ENXIO (nodejs/node #21941), and a writer whose reader has died gets
 * ECONNRESET instead of SIGPIPE. A FIFO is not enough either: a program that opens `/dev/stdin` on a FIFO whose writer has
 * already ended waits for ever (fifo(7): the open blocks until there is a writer). On an anonymous pipe it can read on.
 *
 * A shell can make anonymous pipes. It starts a pipeline of commands that all wait, palhm opens the ends of the pipes
 * through `/proc/PID/fd`, and then the shell may end. Nothing is written to a file system: nothing is left behind, and a
 * read-only file system is no problem. A process costs more than a pipe, so each command also has empty here-documents,
 * which dash and busybox keep in pipes. Other shells do not (bash opens /dev/null); there a batch is only smaller.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { Failure, messageOf } from '../failure/failure.js';
import { adviseOnLimits } from './limits.js';
import { orReason } from './or-reason.js';
import { startGroup } from './process-group.js';
import { locateProgram } from './programs.js';

/** Two descriptors, both close-on-exec. Their receiver closes them. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

const COMMANDS = 5;
/** What may be a pipe of a command: its standard output, and its here-documents. A shell need have no descriptor above 9. */
const CANDIDATES = [5, 6, 7, 8, 9];
/**
 * One waiting command. It keeps its standard output as descriptor 5, because the redirections of a builtin change 0 and 1
 * while it runs. It writes its process id to 4 and waits for the end of 3.
 */
const WAITER = `w() { exec 5>&1 6<<E 7<<E 8<<E 9<<E
E
E
E
E
read -r pid rest </proc/self/stat; echo "$pid" >&4; read -r end <&3; }`;
const PIPELINE = `${WAITER}; ${Array.from({ length: COMMANDS }, () => 'w').join(' | ')}`;

/** How long the shell has. It takes some milliseconds. */
const LONGEST_MS = 10_000;

/** Pipes in stock. Each is one descriptor, open for reading and writing. */
const stock: number[] = [];
let filling: Promise<void> | undefined;

/** Failure STAGE_NOT_STARTED when the system has no more pipes or descriptors. The signal ends the wait for the shell. */
export async function openPipe(signal?: AbortSignal): Promise<Pipe> {
  let both = stock.pop();
  while (both === undefined) {
    filling ??= fillStock().finally(() => {
      filling = undefined;
    });
    await orReason(filling, signal);
    both = stock.pop();
  }
  try {
    // Nobody gets at it through /proc who may not look into a process that has it open (proc_pid_fd(5)).
    fchmodSync(both, FOR_ALL);
    return openEnds(both);
  } catch (error) {
    throw pipeFailure(error);
  } finally {
    closeSync(both);
  }
}

/** Opens all of them or none: when one cannot be opened, the others are closed. Failure as from `openPipe`. */
export async function openPipes(count: number, signal?: AbortSignal): Promise<readonly Pipe[]> {
  const opening = Array.from({ length: count }, () => openPipe(signal));
  const opened = await Promise.allSettled(opening);
  const pipes = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed === undefined) return pipes;
  closePipes(pipes);
  throw failed.reason;
}

export function closePipes(pipes: readonly Pipe[]): void {
  for (const { readEnd, writeEnd } of pipes) {
    closeSync(readEnd);
    closeSync(writeEnd);
  }
}

/** A pipe is that of its maker, as a file of mode 600: a stage of another user could not open `/dev/stdout` again. */
const FOR_ALL = 0o666;

/** Opened through /proc, the two ends are separate file descriptions. Two copies of one descriptor would not be. */
function openEnds(both: number): Pipe {
  const readEnd = openSync(`/proc/self/fd/${both}`, constants.O_RDONLY);
  try {
    return { readEnd, writeEnd: openSync(`/proc/self/fd/${both}`, constants.O_WRONLY) };
  } catch (error) {
    closeSync(readEnd);
    throw error;
  }
}

/** More than `spawn` opens for the shell: two socket pairs, /dev/null, and the pipe that tells whether exec has succeeded. */
const SPAWN_DESCRIPTORS = 10;

/**
 * When `spawn` meets the limit of descriptors, Node does not close all of the socket pairs that it has made: the more objects
 * fail, the fewer descriptors are left for the roll back. So it is not called then.
 */
function confirmDescriptors(): void {
  const opened: number[] = [];
  try {
    while (opened.length < SPAWN_DESCRIPTORS) opened.push(openSync('/dev/null', 'r'));
  } catch (error) {
    throw pipeFailure(error);
  } finally {
    for (const one of opened) closeSync(one);
  }
}

async function fillStock(): Promise<void> {
  confirmDescriptors();
  const program = locateProgram('sh');
  const { child: shell, group } = startGroup(() =>
    spawn(program, ['-c', PIPELINE], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
    }),
  );
  const exited = new Promise<void>((resolve, reject) => {
    shell.once('error', reject);
    shell.once('exit', () => resolve());
  });
  // Without a free descriptor or process there is no shell and, against the types, no `stdio` either.
  if (group === undefined) throw pipeFailure(await exited.catch((error: unknown) => error));
  const [release, pids] = [shell.stdio[3], shell.stdio[4]];
  if (!(release instanceof Duplex) || !(pids instanceof Duplex))
    throw new Error('no descriptors 3 and 4');
  // A shell that cannot fork all of the commands ends at once, while those that it has started go on waiting.
  const shellExit = new AbortController();
  shell.once('exit', () => shellExit.abort());
  const giveUp = setTimeout(() => void group.stop(0), LONGEST_MS);
  try {
    stock.push(...(await takePipes(pids, shellExit.signal)));
  } catch (error) {
    throw pipeFailure(error);
  } finally {
    release.end();
    pids.resume();
    await exited.finally(() => clearTimeout(giveUp));
  }
}

function pipeFailure(cause: unknown): Failure {
  // Without the system call and its path, which say nothing and differ.
  const [why] = messageOf(cause).split(', ');
  const message = `no pipe could be made: ${why}`;
  const hint =
    adviseOnLimits(cause) ?? 'see whether the limit of processes is reached: ulimit -u, TasksMax=';
  return new Failure({ code: 'STAGE_NOT_STARTED', message, cause, hint });
}

/** Opens the pipes of every waiting command. Rejects when the shell ends first. */
async function takePipes(pids: Duplex, shellExit: AbortSignal): Promise<number[]> {
  const taken: number[] = [];
  let seen = 0;
  try {
    for await (const pid of createInterface({ input: pids, signal: shellExit })) {
      takeFrom(pid, taken);
      seen += 1;
      if (seen === COMMANDS) return taken;
    }
    throw new Error(`the shell started ${seen} of ${COMMANDS} processes for it`);
  } catch (error) {
    for (const output of taken) closeSync(output);
    throw error;
  }
}

/** Adds each pipe as soon as it is open, so that none is lost when the next one cannot be opened. */
function takeFrom(pid: string, taken: number[]): void {
  for (const candidate of CANDIDATES) {
    const opened = openSync(`/proc/${pid}/fd/${candidate}`, constants.O_RDWR);
    if (fstatSync(opened).isFIFO()) taken.push(opened);
    else closeSync(opened);
  }
}
