/** The threads that hash the objects of one copy. They are started when needed, two at most, and end with the copy. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Failure, messageOf } from '../../../failure/failure.js';
import type { Digest } from '../../sink.js';
import type { FromHashThread, ToHashThread } from './hash-protocol.js';

export interface HashPool {
  /**
   * Starts to read a file behind its writer. Without a `writeFd` the file has no writer any more. The descriptors must stay
   * open until `finish` or `drop` has ended. Failure SINK_UNAVAILABLE when no thread can be started.
   */
  follow(file: HashedFile): Following;
  /** Ends the threads. Files that are still followed are given up. */
  close(): Promise<void>;
}

export interface HashedFile {
  readonly readFd: number;
  readonly writeFd: number | undefined;
}

/** A file that is being hashed. Either `finish` or `drop` must be called; `drop` is harmless after a failed `finish`. */
export interface Following {
  bytes(): number;
  /** To be called when the writer has ended. The digest of the whole file. */
  finish(): Promise<Digest>;
  /** Resolves when the thread no longer uses the descriptors. Never rejects. */
  drop(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

interface Waiting {
  readonly resolve: (answer: Digest | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_THREADS = 2;
/** The script of the thread takes a few kilobytes. Its only read buffer is outside the heap. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

export function createHashPool(): HashPool {
  const threads = new Set<Thread>();
  let lastId = 0;

  return {
    follow(file) {
      const thread = leastBusy(threads);
      lastId += 1;
      return followOn(thread, { id: lastId, ...file });
    },
    async close() {
      const ending = [...threads].map(({ worker }) => worker.terminate());
      threads.clear();
      await Promise.all(ending);
    },
  };
}

function leastBusy(threads: Set<Thread>): Thread {
  const [first] = [...threads].sort((a, b) => a.waiting.size - b.waiting.size);
  const enough = threads.size >= Math.min(MOST_THREADS, availableParallelism());
  if (first !== undefined && (first.waiting.size === 0 || enough)) return first;
  return startThread(threads);
}

function createWorker(): Worker {
  try {
    return new Worker(new URL('./hash-thread.js', import.meta.url), {
      name: 'palhm-hash',
      resourceLimits: LIMITS,
      execArgv: [],
      env: {},
    });
  } catch (error) {
    // ERR_WORKER_INIT_FAILED: the system counts threads as processes (RLIMIT_NPROC, pids.max).
    throw new Failure({
      code: 'SINK_UNAVAILABLE',
      message: `no thread could be started to hash with: ${messageOf(error)}`,
      hint: 'raise the limit of processes (ulimit -u, TasksMax=), or lower "nb-workers"',
      cause: error,
    });
  }
}

function startThread(threads: Set<Thread>): Thread {
  const worker = createWorker();
  const thread: Thread = { worker, waiting: new Map() };
  threads.add(thread);
  worker.unref();
  worker.on('message', (message: FromHashThread) => settleWaiting(thread, message));
  const die = (error: unknown) => {
    threads.delete(thread);
    for (const { reject } of thread.waiting.values()) reject(error);
    thread.waiting.clear();
  };
  worker.once('error', die);
  worker.once('exit', () => die(new Error('the hashing thread ended before its time')));
  return thread;
}

function settleWaiting(thread: Thread, message: FromHashThread): void {
  const waiting = thread.waiting.get(message.id);
  thread.waiting.delete(message.id);
  if (thread.waiting.size === 0) thread.worker.unref();
  if (message.type === 'done') waiting?.resolve(message.digest);
  else if (message.type === 'dropped') waiting?.resolve(undefined);
  else waiting?.reject(cannotReadBack(message.problem));
}

function cannotReadBack(problem: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `cannot read back what was written: ${problem}`,
    hint: 'the store is failing: see dmesg and the state of the mount',
  });
}

function followOn(thread: Thread, file: HashedFile & { readonly id: number }): Following {
  const { id } = file;
  const progress = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  const counter = new BigInt64Array(progress);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of Node, not a window
  const tell = (message: ToHashThread) => thread.worker.postMessage(message);

  // The thread keeps the process alive only while somebody waits for it.
  thread.worker.ref();
  const answer = new Promise<Digest | undefined>((resolve, reject) => {
    thread.waiting.set(id, { resolve, reject });
  });
  answer.catch(() => undefined);
  tell({ type: 'follow', progress, ...file });

  return {
    bytes: () => Number(Atomics.load(counter, 0)),
    async finish() {
      tell({ type: 'end', id });
      const digest = await answer;
      if (digest === undefined)
        throw new Error('the object was dropped while it was being finished');
      return digest;
    },
    async drop() {
      if (thread.waiting.has(id)) tell({ type: 'drop', id });
      await answer.catch(() => undefined);
    },
  };
}
