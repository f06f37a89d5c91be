/** What the jobs of a thread have in common, as the thread sees them. */
import type { Taken } from './protocol.js';

/** Something that the main thread has asked for, until it is `done`. */
export interface ThreadJob {
  /** The main thread has room for one more chunk. */
  more(): void;
  /** The memory of this chunk may be used again. */
  spare(bytes: Uint8Array<ArrayBuffer>): void;
  /** Makes everything durable. */
  seal(): Promise<void>;
  /** Closes everything. Called at the end of every job, also after `seal`. */
  close(): Promise<void>;
}

/** What a job tells the main thread. */
export interface Tell {
  readonly chunk: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly taken: (taken: Taken) => void;
  /** Ends the job. */
  readonly failed: (error: unknown) => void;
}

/** Takes the bytes of one pipe. */
export interface ByteStore extends ThreadJob {
  /** Where the next bytes go; at least as long as the largest packet of a pipe. Called before each read. */
  room(): Uint8Array;
  /** Takes bytes that were read into `room`. False: read no more until `resume` is called. */
  accept(bytes: Uint8Array): boolean;
  /** The pipe has ended. */
  end(): void;
}

/** What a store tells the reader of its pipe. */
export interface StoreWatch {
  readonly resume: () => void;
  readonly fail: (error: unknown) => void;
}
