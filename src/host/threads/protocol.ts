/** The messages between the main thread and the threads through which bytes go. */
import type { FileHandle } from 'node:fs/promises';
import type { ExpectedTextPlan } from '../../config/plan/plan.js';

/** What both threads see of a job: integers of 64 bits, at these indices. */
export const PROGRESS_BYTES = 2 * BigInt64Array.BYTES_PER_ELEMENT;
/** The bytes that have been read, and put where they belong. */
export const BYTES = 0;
/** Not 0 while bytes are put where they belong, or wait there. */
export const BUSY = 1;

/** Where the thread puts the bytes of a pipe. */
export type Target =
  /** Into this file, which is empty. `isReserved`: blocks are reserved for it, of which it gives back what it does not use. */
  | { readonly type: 'file'; readonly handle: FileHandle; readonly isReserved: boolean }
  /** To the main thread, in `chunk` messages. It sends no further chunk than the main thread has asked for by `more`. */
  | { readonly type: 'chunks' }
  | { readonly type: 'nowhere' };

/** The thread owns every descriptor that it gets: it closes them, and it alone. */
export interface TakePipe {
  readonly type: 'take';
  readonly id: number;
  /** The reading end. */
  readonly pipe: number;
  readonly target: Target;
  /** What to look for in the bytes. */
  readonly texts: readonly ExpectedTextPlan[];
  readonly progress: SharedArrayBuffer;
}

export interface DigestFile {
  readonly type: 'digest';
  readonly id: number;
  readonly handle: FileHandle;
  /** How many bytes of it; undefined: all. */
  readonly limit?: number;
  readonly progress: SharedArrayBuffer;
}

export type Begin = TakePipe | DigestFile;

export type ToThread =
  | Begin
  /** The main thread has room for one more chunk. */
  | { readonly type: 'more'; readonly id: number }
  /** A chunk whose bytes nobody needs any more: its memory may be used again. */
  | { readonly type: 'spare'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** To be sent after `taken`: makes the file durable, and ends the job. */
  | { readonly type: 'seal'; readonly id: number }
  /** Ends the job. What was written so far is not wanted. */
  | { readonly type: 'drop'; readonly id: number };

export interface Taken {
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** For each of the texts, whether it was found. */
  readonly found: readonly boolean[];
}

/** An Error loses its code when it is sent to another thread. */
export interface SentError {
  readonly message: string;
  /** Of an error of the system: `code`, `errno`, `syscall`. */
  readonly system: Readonly<Record<string, unknown>>;
}

export type FromThread =
  | { readonly type: 'chunk'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The end of the pipe, or of the file. */
  | { readonly type: 'taken'; readonly id: number; readonly taken: Taken }
  /** Nothing more is read. `atMs` is a time of `monotonicMs`. */
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly error: SentError;
      readonly atMs: number;
    }
  /** The job has ended, in whatever way, and all of its descriptors are closed. */
  | { readonly type: 'done'; readonly id: number };

/** Milliseconds of the monotonic clock. Unlike `performance.now` it is the same in all threads. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function packError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error), system: {} };
  const system = Object.fromEntries(
    Object.entries(error).filter(([name]) => ['code', 'errno', 'syscall'].includes(name)),
  );
  return { message: error.message, system };
}

export function unpackError({ message, system }: SentError): Error {
  return Object.assign(new Error(message), system);
}
