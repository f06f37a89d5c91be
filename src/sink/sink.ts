/**
 * What every backend promises. A sink stores the copies of one task under one root. Its methods are obligations that
 * `test/sink/contract.ts` holds every backend to.
 */
import type { Copy, Stranger } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import type { Prefix } from '../copy/prefix.js';
import type { Emit } from '../events/events.js';
import type { Failure } from '../failure/failure.js';

export interface Sink {
  /** For people: `localfs /media/backup/host`. */
  readonly description: string;

  /**
   * Takes the root for this process until `release`, or until the process dies, however it dies. Makes the root when it
   * is missing. With `waitMs` 0 an occupied root is a Failure LOCKED at once; otherwise waits up to that long, calling
   * `onWait` once with who holds it. Everything below except `list` and `manifest` may be called under the lock only.
   */
  lock(request: LockRequest): Promise<Lock>;

  /**
   * Removes what runs that died left behind: stages of theirs that still run, and whatever is not a whole copy but was
   * written by palhm. Touches nothing else. Safe to call again.
   */
  sweep(): Promise<readonly Leftover[]>;

  /** The committed copies, oldest first, and what else lies in the root. Needs no lock. A missing root has no copies. */
  list(): Promise<Listing>;

  /** The manifest of a listed copy; undefined for a copy of the original PALHM. Failure MANIFEST_INVALID, COPY_NOT_FOUND. */
  manifest(copy: Copy): Promise<Manifest | undefined>;

  /** Opens a copy under a prefix that is not in use. Nothing of it is visible in `list` until it is committed. */
  open(prefix: Prefix, run: RunIdentity): Promise<OpenCopy>;

  /**
   * What is to be done to a committed copy and must not endanger it, such as moving it to a colder storage class. May be
   * called again for a copy that it has been done to. When it fails the copy is whole all the same.
   */
  settle(copy: Prefix): Promise<void>;

  /**
   * Removes a listed copy: first from the listing, in one step, then from the store. Removing the absent succeeds. Failure
   * COPY_LOCKED, with the copy as it was, when the store has to keep it.
   */
  remove(copy: Copy): Promise<void>;
}

/** What a backend is given beside its part of the Plan. */
export interface SinkContext {
  /** Whose copies these are: a manifest of another task makes a stranger. */
  readonly task: string;
  readonly emit: Emit;
}

export interface LockRequest {
  readonly task: string;
  readonly waitMs: number;
  readonly onWait: (holder: string) => void;
  readonly signal: AbortSignal;
}

export interface Lock {
  release(): Promise<void>;
}

export interface Leftover {
  /** What was removed, for people. */
  readonly what: string;
  /** How many processes of the dead run were ended. */
  readonly processes: number;
}

export interface Listing {
  readonly copies: readonly Copy[];
  readonly strangers: readonly Stranger[];
}

/** Which run a copy belongs to: in the environment of every stage as `PALHM_RUN`, so that leftovers can be told. */
export interface RunIdentity {
  readonly id: string;
}

export interface OpenCopy {
  /** Where the copy will be, for people. */
  readonly location: string;

  /** Starts an object. Failure SINK_FULL when `allocSize` cannot be reserved. */
  create(object: {
    readonly path: string;
    readonly allocSize: number | undefined;
  }): Promise<ObjectWriter>;

  /** Makes the copy durable, then visible, whole. After it returns, a power cut cannot lose it. */
  commit(manifest: Manifest): Promise<void>;

  /** Removes everything of it. Never throws for what is already gone. Waits until its writers are quiet. */
  abort(): Promise<void>;
}

/** One object on its way to the store. The last stage writes to `fd`; then either `finish` or `abort`, once. */
export interface ObjectWriter {
  /** An open descriptor for the last stage's stdout: a file, or the writing end of a pipe. */
  readonly fd: number;
  /** To be called once the last stage has its own copy of `fd`: palhm must not keep the end of a pipe open. */
  handOver(): void;
  /** Bytes that have arrived so far. */
  bytes(): number;
  /** Called when every stage has ended well: makes the object durable. Failure SINK_FULL, SINK_UNAVAILABLE. */
  finish(): Promise<StoredObject>;
  /** The object is not wanted: stops reading, keeps nothing that would outlive `OpenCopy.abort`. */
  abort(): Promise<void>;
  /**
   * What the store knows of why a stage failed, such as a full file system. A Failure when the store failed first, and
   * the stage only because nobody read what it wrote: that is then what is told.
   */
  explain(): Promise<string | Failure | undefined>;
}

export interface StoredObject {
  readonly size: number;
  /** Lower-case hex; null when nothing was stored. */
  readonly sha256: string | null;
  /** The paths of its pieces in order, its own first, when the store could not take it as one. */
  readonly volumes?: readonly string[];
}
