/** One job of a thread, as the main thread sees it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Transferable } from 'node:worker_threads';
import { Failure } from '../../failure/failure.js';
import { adviseOnLimits } from '../limits.js';
import { orReason } from '../or-reason.js';
import {
  type Begin,
  BUSY,
  BYTES,
  type FromThread,
  monotonicMs,
  PROGRESS_BYTES,
  type Taken,
  unpackError,
} from './protocol.js';
import { GRACE_MS, type Threads } from './threads.js';

export interface NewJob {
  /** The first message. */
  readonly make: (id: number, progress: SharedArrayBuffer) => Begin;
  /** What the message hands over to the thread. */
  readonly transfer: readonly Transferable[];
  /** The Failure for an error of the system. Another error is returned unchanged. */
  readonly asFailure: (error: unknown) => unknown;
  /** `taken` is on its way when there are no more. */
  readonly onChunk?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

export interface RunningJob {
  /** The bytes that the thread has read so far, and put where they belong. */
  readonly bytes: () => number;
  /** True while it puts bytes where they belong, or waits until it may. */
  readonly isBusy: () => boolean;
  /** Resolves at the end of the bytes. Rejects with the first error as soon as it happens; then nothing more is read. */
  readonly taken: Promise<Taken>;
  /** When the job failed, by the clock of `performance.now`. */
  readonly failedAt: () => number | undefined;
  /** Another chunk is wanted. */
  readonly more: () => void;
  /** Gives a chunk back that nobody needs any more. */
  readonly spare: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** To be called after `taken`. Resolves when everything is durable and closed. The signal ends only the wait. */
  readonly seal: (signal: AbortSignal) => Promise<void>;
  /** Gives the job up: `taken` rejects with this error. */
  readonly fail: (error: unknown) => void;
  /** Ends the job in any state. Resolves when its descriptors are closed. May be called again. */
  readonly close: () => Promise<void>;
}

/** Failure SINK_UNAVAILABLE when no thread can be started. */
export function startJob(
  threads: Threads,
  { make, transfer, asFailure, onChunk }: NewJob,
): RunningJob {
  const progress = new SharedArrayBuffer(PROGRESS_BYTES);
  const counter = new BigInt64Array(progress);
  const end = createDeferred<Taken>();
  const done = createDeferred<void>();
  let failure: { readonly error: unknown; readonly at: number } | undefined;

  function noteFailure(error: unknown, atMs = monotonicMs()): void {
    failure ??= { error: asFailure(error), at: performance.now() - (monotonicMs() - atMs) };
    end.reject(failure.error);
  }

  function onMessage(message: FromThread): void {
    if (message.type === 'chunk') onChunk?.(message.bytes);
    else if (message.type === 'taken') end.resolve(message.taken);
    else if (message.type === 'failed') noteFailure(unpackError(message.error), message.atMs);
    else done.resolve();
  }

  const job = threads.begin({
    make: (id) => make(id, progress),
    transfer,
    onMessage,
    onDeath(error) {
      noteFailure(deadThread(error));
      done.resolve();
    },
  });

  return {
    bytes: () => Number(Atomics.load(counter, BYTES)),
    isBusy: () => Atomics.load(counter, BUSY) !== 0n,
    taken: end.promise,
    failedAt: () => failure?.at,
    more: () => job.tell('more'),
    spare: (bytes) => job.spare(bytes),
    async seal(signal) {
      job.tell('seal');
      // A file system that does not answer must not keep palhm from being stopped.
      await orReason(done.promise, signal);
      if (failure !== undefined) throw failure.error;
    },
    fail(error) {
      noteFailure(error);
      job.tell('drop');
    },
    async close() {
      job.tell('drop');
      await withinGrace(done.promise);
    },
  };
}

async function withinGrace(done: Promise<void>): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const late = delay(GRACE_MS, 'late' as const, { signal }).catch(() => undefined);
  const first = await Promise.race([done, late]);
  stop.abort();
  if (first === 'late')
    throw new Failure({
      code: 'SINK_UNAVAILABLE',
      message: 'a thread does not end: the file system that it works on does not answer',
      hint: 'see dmesg and the state of the mount; palhm ends when it answers again',
    });
}

function deadThread(cause: Error): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the thread that reads and hashes has ended before its time: ${cause.message}`,
    hint: adviseOnLimits(limitIn(cause)) ?? 'see whether the host is out of memory: journalctl -k',
    cause,
  });
}

/** Node tells of a limit that keeps a thread from starting in words alone. */
function limitIn({ message }: Error): Error {
  return Object.assign(new Error(message), {
    code: /\b(?:EMFILE|ENFILE|EAGAIN)\b/.exec(message)?.[0],
  });
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** `Promise.withResolvers`, which Node 20 does not have. A rejection that nobody waits for is no defect. */
function createDeferred<T>(): Deferred<T> {
  let [resolve, reject]: [(value: T) => void, (error: unknown) => void] = [() => {}, () => {}];
  const promise = new Promise<T>((onValue, onError) => {
    [resolve, reject] = [onValue, onError];
  });
  promise.catch(() => undefined);
  return { promise, resolve: (value) => resolve(value), reject: (error) => reject(error) };
}
