/**
 * The threads through which bytes go. They are started when they are needed. Each has any number of jobs, and owns their
 * descriptors. Nobody waits for a thread without limit: a write to a dead mount may block it for ever. To start one costs
 * 0.03 s of CPU, so those that are idle when they are closed serve whoever needs some next: the next copy, step or operation.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Transferable, Worker } from 'node:worker_threads';
import { Failure, messageOf } from '../../failure/failure.js';
import type { Begin, FromThread, ToThread } from './protocol.js';

export interface Threads {
  /** Begins a job on the thread that has the least to do. Failure SINK_UNAVAILABLE when no thread can be started. */
  begin(start: StartJob): Job;
  /** Ends the threads that have jobs, and these get an error. Leaves the others to whoever needs threads next. */
  close(): Promise<void>;
}

export interface StartJob {
  /** The first message, for the id of the job. */
  readonly make: (id: number) => Begin;
  /** What the message hands over to the thread. */
  readonly transfer: readonly Transferable[];
  readonly onMessage: (message: FromThread) => void;
  /** The thread has died. No message comes after that. */
  readonly onDeath: (error: Error) => void;
}

export interface Job {
  tell(type: 'more' | 'seal' | 'drop'): void;
  spare(bytes: Uint8Array<ArrayBuffer>): void;
}

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, StartJob>;
  /** Those of whoever uses it, or `idle`. */
  among: Set<Thread>;
}

const MOST = Math.min(availableParallelism(), 8);
/** How long a thread has to end. */
export const GRACE_MS = 5000;
/** The script takes a few kilobytes. The memory of the bytes is outside the heap. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };
/** They keep no process alive. */
const idle = new Set<Thread>();
/** Of all jobs: a thread has those of one user after those of another. */
let lastId = 0;

export function createThreads(): Threads {
  const threads = new Set<Thread>();
  return {
    begin(start) {
      const thread = leastBusy(threads);
      lastId += 1;
      const id = lastId;
      const { worker, jobs } = thread;
      jobs.set(id, start);
      // The thread keeps the process alive only while it has jobs.
      worker.ref();
      try {
        worker.postMessage(start.make(id), start.transfer);
      } catch (error) {
        forget(thread, id);
        throw error;
      }
      return {
        tell(type) {
          const message: ToThread = { type, id };
          // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of Node, not a window
          worker.postMessage(message);
        },
        spare(bytes) {
          const message: ToThread = { type: 'spare', id, bytes };
          worker.postMessage(message, [bytes.buffer]);
        },
      };
    },
    async close() {
      const ending = [...threads].filter((thread) => !leave(thread)).map(end);
      threads.clear();
      const stop = new AbortController();
      const { signal } = stop;
      await Promise.race([
        Promise.all(ending),
        delay(GRACE_MS, undefined, { signal, ref: false }).catch(() => undefined),
      ]);
      stop.abort();
    },
  };
}

function leastBusy(threads: Set<Thread>): Thread {
  const [first] = [...threads].sort((a, b) => a.jobs.size - b.jobs.size);
  const isEnough = threads.size >= MOST;
  if (first !== undefined && (first.jobs.size === 0 || isEnough)) return first;
  const [left = startThread(idle)] = idle;
  move(left, threads);
  return left;
}

function move(thread: Thread, to: Set<Thread>): void {
  thread.among.delete(thread);
  to.add(thread);
  thread.among = to;
}

/** True when the thread may serve others. */
function leave(thread: Thread): boolean {
  if (thread.jobs.size > 0 || idle.size >= MOST) return false;
  move(thread, idle);
  return true;
}

function end(thread: Thread): Promise<unknown> {
  // First, because a job that ends later would let the process end before its thread.
  failJobs(thread, new Error('the thread was closed'));
  return thread.worker.terminate();
}

function startThread(among: Set<Thread>): Thread {
  const worker = createWorker();
  const thread: Thread = { worker, jobs: new Map(), among };
  among.add(thread);
  worker.on('message', (message: FromThread) => {
    const { onMessage } = thread.jobs.get(message.id) ?? {};
    if (message.type === 'done') forget(thread, message.id);
    onMessage?.(message);
  });
  const die = (error: Error): void => {
    thread.among.delete(thread);
    failJobs(thread, error);
  };
  worker.once('error', die);
  worker.once('exit', () => die(new Error('the thread has ended')));
  // After the listeners, because adding one keeps the process alive again.
  worker.unref();
  return thread;
}

function failJobs({ jobs }: Thread, error: Error): void {
  const failing = [...jobs.values()];
  jobs.clear();
  for (const { onDeath } of failing) onDeath(error);
}

function forget({ worker, jobs }: Thread, id: number): void {
  if (jobs.delete(id) && jobs.size === 0) worker.unref();
}

function createWorker(): Worker {
  try {
    return new Worker(new URL('./thread.js', import.meta.url), {
      name: 'palhm-bytes',
      resourceLimits: LIMITS,
      execArgv: [],
      env: {},
    });
  } catch (error) {
    // ERR_WORKER_INIT_FAILED: the system counts threads as processes (RLIMIT_NPROC, pids.max).
    throw new Failure({
      code: 'SINK_UNAVAILABLE',
      message: `no thread could be started to read and hash with: ${messageOf(error)}`,
      hint: 'raise the limit of processes (ulimit -u, TasksMax=), or lower "nb-workers"',
      cause: error,
    });
  }
}
