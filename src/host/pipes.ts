/**
 * Real kernel pipes. Node cannot make any: `spawn` joins its children with socket pairs, on which a program that opens
 * `/dev/stdout` or `/dev/stdin` fails with ENXIO (nodejs/node #21941), and whose reader's death shows as ECONNRESET
 * instead of SIGPIPE. A FIFO comes close, but a program that opens `/dev/stdin` on one whose writer has already ended
 * waits for ever (fifo(7): the open blocks until there is a writer); on an anonymous pipe it reads on. A shell can make
 * those: a pipeline in which everybody waits is a row of pipes, whose ends are opened here through `/proc/PID/fd`
 * before the shell is let go. Nothing touches a file system, so nothing is left behind, and a read-only one will do.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { Failure, messageOf } from '../failure/failure.js';
import { adviseOnLimits } from './limits.js';
import { locateProgram } from './programs.js';

/** Two descriptors, both close-on-exec; whoever receives them closes them. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

const BATCH = 16;
/**
 * Keeps its standard output as descriptor 5, since the redirections of a builtin change 0 and 1 while it runs; says its
 * process id on 4; waits for the end of 3.
 */
const WAITER =
  'w() { exec 5>&1; read -r pid rest </proc/self/stat; echo "$pid" >&4; read -r end <&3; }';
const PIPELINE = `${WAITER}; ${Array.from({ length: BATCH + 1 }, () => 'w').join(' | ')}`;

/** Pipes that nobody has taken yet, each as one descriptor open for reading and writing. */
const spare: number[] = [];
let filling: Promise<void> | undefined;

/** Failure STAGE_NOT_STARTED when the system has no more pipes or descriptors. */
export async function openPipe(): Promise<Pipe> {
  let both = spare.pop();
  while (both === undefined) {
    filling ??= fill().finally(() => {
      filling = undefined;
    });
    await filling;
    both = spare.pop();
  }
  try {
    return openEnds(both);
  } catch (error) {
    throw noPipe(error);
  } finally {
    closeSync(both);
  }
}

/** All of them or none: when one cannot be opened, the others are closed. Failure as that of `openPipe`. */
export async function openPipes(count: number): Promise<readonly Pipe[]> {
  const opened = await Promise.allSettled(Array.from({ length: count }, () => openPipe()));
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

/** Opened through /proc the two ends are file descriptions of their own, unlike two copies of one descriptor. */
function openEnds(both: number): Pipe {
  const readEnd = openSync(`/proc/self/fd/${both}`, constants.O_RDONLY);
  try {
    return { readEnd, writeEnd: openSync(`/proc/self/fd/${both}`, constants.O_WRONLY) };
  } catch (error) {
    closeSync(readEnd);
    throw error;
  }
}

async function fill(): Promise<void> {
  const shell = spawn(locateProgram('sh'), ['-c', PIPELINE], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = new Promise<void>((resolve, reject) => {
    shell.once('error', reject);
    shell.once('exit', () => resolve());
  });
  // Without descriptors or processes left there is no shell and, against the typings, not even its `stdio`.
  if (shell.pid === undefined) throw noPipe(await exited.catch((error: unknown) => error));
  const [release, pids] = [shell.stdio[3], shell.stdio[4]];
  if (!(release instanceof Duplex) || !(pids instanceof Duplex))
    throw new Error('no descriptors 3 and 4');
  // A shell that could not fork them all is gone at once, while the waiters that it has made wait for us.
  const gone = new AbortController();
  shell.once('exit', () => gone.abort());
  try {
    spare.push(...(await takePipes(pids, gone.signal)));
  } catch (error) {
    throw noPipe(error);
  } finally {
    release.end();
    pids.resume();
    await exited;
  }
}

function noPipe(cause: unknown): Failure {
  const message = `no pipe could be made: ${messageOf(cause)}`;
  const hint =
    adviseOnLimits(cause) ?? 'see whether the limit of processes is reached: ulimit -u, TasksMax=';
  return new Failure({ code: 'STAGE_NOT_STARTED', message, cause, hint });
}

/** Opens the standard output of every waiter; that of the last is no pipe. Rejects when the shell is gone before. */
async function takePipes(pids: Duplex, gone: AbortSignal): Promise<number[]> {
  const taken: number[] = [];
  let seen = 0;
  try {
    for await (const pid of createInterface({ input: pids, signal: gone })) {
      const output = openSync(`/proc/${pid}/fd/5`, constants.O_RDWR);
      if (isPipe(output)) taken.push(output);
      else closeSync(output);
      seen += 1;
      if (seen === BATCH + 1) return taken;
    }
    throw new Error(`the shell started ${seen} of ${BATCH + 1} processes for it`);
  } catch (error) {
    for (const output of taken) closeSync(output);
    throw error;
  }
}

function isPipe(descriptor: number): boolean {
  return fstatSync(descriptor).isFIFO();
}
