/**
 * The end of a pipeline: a thread reads what the last stage writes to its end, hashes it, and puts it where its consumer
 * wants it. No stage ever holds what is stored, so an object is what was written, in that order.
 */
import { closeSync, readlinkSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { ExpectedTextPlan } from '../config/plan/plan.js';
import { closePipes, openPipe, type Pipe } from './pipes.js';
import { startJob } from './threads/job.js';
import type { Taken } from './threads/protocol.js';
import type { Threads } from './threads/threads.js';

/** What takes the bytes. */
export interface Consumer {
  /** `nowhere`: they are only counted and hashed. */
  readonly into: NewFile | ChunkTaker | { readonly type: 'nowhere' };
  /** The Failure for an error of the system. Another error is returned unchanged. */
  readonly asFailure: (error: unknown) => unknown;
}

/** A file that the intake owns once it is open. */
interface NewFile {
  readonly type: 'file';
  readonly handle: FileHandle;
  /** Whether it has blocks that it may not need. */
  readonly isReserved: boolean;
}

interface ChunkTaker {
  readonly type: 'chunks';
  /**
   * Each chunk belongs to the taker from then on. Resolves when it has all of them, and rejects as soon as it can take no
   * more.
   */
  take(chunks: AsyncIterable<Chunk>): Promise<void>;
}

export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** May be called when nobody needs the bytes any more: their memory is used again. Then they are empty. */
  readonly giveBack: () => void;
}

/** Counts and hashes the bytes alone. */
export const NOWHERE: Consumer = { into: { type: 'nowhere' }, asFailure: (error) => error };

export interface Intake {
  /** The writing end, for the stdout of the last stage. */
  readonly fd: number;
  /** The name of the pipe in proc(5): `pipe:[4711]`. */
  readonly pipe: string;
  /** Closes the writing end here, once: from then on only the stage and its children keep the pipe open. */
  readonly handOver: () => void;
  /** The bytes that have been read so far: no more than a few MiB ahead of what the consumer has taken. */
  readonly bytes: () => number;
  /** True when it waits for the pipe, and for nothing else. */
  readonly isIdle: () => boolean;
  /** Resolves at the end of the pipe. Rejects as soon as the consumer fails; then nobody reads the pipe any more. */
  readonly taken: Promise<Taken>;
  /** When `taken` was rejected, by the clock of `performance.now`. */
  readonly failedAt: () => number | undefined;
  /** To be called after the end of the pipe: makes a file durable and closes it. The signal ends only the wait. */
  readonly seal: (signal: AbortSignal) => Promise<void>;
  /** Ends it in any state: what was not sealed is not wanted. May be called again. */
  readonly close: () => Promise<void>;
}

export interface IntakeOptions {
  /** What to look for in the bytes. */
  readonly texts?: readonly ExpectedTextPlan[] | undefined;
  /** Ends the opening, not the intake. */
  readonly signal?: AbortSignal | undefined;
}

/** Failure SINK_UNAVAILABLE, STAGE_NOT_STARTED. */
export async function openIntake(
  threads: Threads,
  consumer: Consumer,
  { texts = [], signal }: IntakeOptions = {},
): Promise<Intake> {
  const pipe = await openPipe(signal);
  try {
    return beginIntake(threads, { consumer, texts, pipe });
  } catch (error) {
    closePipes([pipe]);
    throw error;
  }
}

interface NewIntake {
  readonly consumer: Consumer;
  readonly texts: readonly ExpectedTextPlan[];
  readonly pipe: Pipe;
}

function beginIntake(threads: Threads, { consumer, texts, pipe }: NewIntake): Intake {
  const { into, asFailure } = consumer;
  const name = readlinkSync(`/proc/self/fd/${pipe.writeEnd}`);
  const chunks = openChunkQueue({
    onTaken: () => job.more(),
    giveBack: (bytes) => job.spare(bytes),
  });
  const job = startJob(threads, {
    make: (id, progress) => ({
      type: 'take',
      id,
      pipe: pipe.readEnd,
      target: into.type === 'chunks' ? { type: into.type } : into,
      texts,
      progress,
    }),
    transfer: into.type === 'file' ? [into.handle] : [],
    asFailure,
    onChunk: (bytes) => chunks.push(bytes),
  });
  job.taken.then(
    () => chunks.end(),
    (error: unknown) => chunks.fail(error),
  );
  const taking = into.type === 'chunks' ? into.take(chunks.iterate()) : Promise.resolve();
  taking.catch(job.fail);
  const taken = Promise.all([job.taken, taking]).then(([all]) => all);
  taken.catch(() => undefined);
  let isHandedOver = false;

  function handOver(): void {
    if (isHandedOver) return;
    isHandedOver = true;
    closeSync(pipe.writeEnd);
  }

  return {
    fd: pipe.writeEnd,
    pipe: name,
    handOver,
    bytes: job.bytes,
    isIdle: () => !job.isBusy() && chunks.isEmpty(),
    taken,
    failedAt: job.failedAt,
    seal: job.seal,
    async close() {
      handOver();
      chunks.fail(new Error('the intake was closed'));
      await job.close();
    },
  };
}

interface ChunkWatch {
  /** Called for each that is taken. */
  readonly onTaken: () => void;
  readonly giveBack: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** Chunks that have arrived and that nobody has taken yet. */
function openChunkQueue({ onTaken, giveBack }: ChunkWatch) {
  const queue: Uint8Array<ArrayBuffer>[] = [];
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  return {
    isEmpty: () => queue.length === 0,
    push(bytes: Uint8Array<ArrayBuffer>): void {
      queue.push(bytes);
      wake();
    },
    end(): void {
      isEnded = true;
      wake();
    },
    fail(error: unknown): void {
      failure ??= { error };
      wake();
    },
    async *iterate(): AsyncGenerator<Chunk> {
      for (;;) {
        if (failure !== undefined) throw failure.error;
        const bytes = queue.shift();
        if (bytes !== undefined) {
          onTaken();
          yield { bytes, giveBack: () => giveBack(bytes) };
        } else if (isEnded) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}
