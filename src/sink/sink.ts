/**
 * What every backend promises. A sink stores the copies of one task under one root. Its methods are obligations that
 * `test/sink/contract.ts` holds every backend to. Those that take a signal reject with its reason once it is aborted, after
 * the step that is under way, and leave nothing that `tidy`, or the same call again, would not put right.
 */
import type { Copy, Listing } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import type { Prefix } from '../copy/prefix.js';
import type { RecordKind } from '../copy/records.js';
import type { Emit } from '../events/events.js';
import type { Failure } from '../failure/failure.js';
import type { Lock, LockRequest } from '../host/file-lock.js';

export interface Sink {
  /** For people: `localfs /media/backup/host`. */
  readonly description: string;

  /** What one run at a time is per, as `SinkFacts.root`: two sinks of the same place have the same. */
  readonly root: string;

  /**
   * Takes the root for this process until `release`, or until the process dies, however it dies. Makes the root when it
   * is missing. With `waitMs` 0 an occupied root is a Failure LOCKED at once; otherwise waits up to that long, calling
   * `onWait` once with who holds it. Everything below except `list` and `stored` may be called under the lock only.
   */
  lock(request: LockRequest): Promise<Lock>;

  /**
   * Removes what runs that died left behind: stages of theirs that still run, and whatever is not a whole copy but was
   * written by palhm. Touches nothing else. Safe to call again.
   */
  tidy(signal?: AbortSignal): Promise<readonly Leftover[]>;

  /**
   * The committed copies, oldest first, and what else lies in the root. Needs no lock. A missing root has no copies. Who
   * needs one copy asks for it, so that not every manifest of the root is read.
   */
  list(request?: ListRequest): Promise<Listing>;

  /** A committed copy, to be read. Needs no lock, asks the store nothing yet. */
  stored(prefix: Prefix): StoredCopy;

  /** Opens a copy under a prefix that is not in use. Nothing of it is visible in `list` until it is committed. */
  open(prefix: Prefix, run: RunIdentity, signal?: AbortSignal): Promise<OpenCopy>;

  /**
   * What is to be done to a committed copy and must not endanger it, such as moving it to a colder storage class. May be
   * called again for a copy that it has been done to, or to a part of it. When it fails the copy is whole all the same.
   */
  settle(copy: Prefix, signal?: AbortSignal): Promise<void>;

  /**
   * Removes a listed copy: first from the listing, in one step, then from the store. Removing the absent succeeds. Failure
   * COPY_LOCKED, with the copy as it was, when the store has to keep it.
   */
  remove(copy: Copy, signal?: AbortSignal): Promise<void>;

  /** Gives back what the sink itself has taken, such as connections: nothing of it keeps the process alive. May be called again. */
  close(): Promise<void>;
}

/** With neither `newest` nor `prefix`: everything. */
export interface ListRequest {
  /**
   * Only the newest copy that has a manifest of this task; only where there is none, the newest that has none. What is dated
   * after `now` (epoch milliseconds), by a clock that was wrong, is not the newest as long as another is there. Strangers
   * that were met on the way come with it, the others do not.
   */
  readonly newest?: { readonly now: number };
  /** Only what has this name: a copy, a stranger, or nothing. */
  readonly prefix?: string;
  /** Rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What a backend is given beside its part of the Plan. */
export interface SinkContext {
  /** Whose copies these are: a manifest of another task makes a stranger. */
  readonly task: string;
  readonly emit: Emit;
  /** What is wrong with the signature of a manifest, from its text; undefined when nothing is. Absent: nobody signs. */
  readonly checkSignature?: ((manifestText: string) => string | undefined) | undefined;
}

export interface Leftover {
  /** What was removed, for people. */
  readonly what: string;
  /** How many processes of the dead run were ended. */
  readonly processes: number;
}

/** Which run a copy belongs to: in the environment of every stage as `PALHM_RUN`, so that leftovers can be told. */
export interface RunIdentity {
  readonly id: string;
}

export interface OpenCopy {
  /** Where the copy will be, for people. */
  readonly location: string;

  /** Starts an object. Failure SINK_FULL when its `allocSize` cannot be reserved. */
  create(object: NewObject): Promise<ObjectWriter>;

  /** Makes the copy durable, then visible, whole. After it returns, a power cut cannot lose it. */
  commit(manifest: Manifest): Promise<void>;

  /** Removes everything of it. Never throws for what is already gone. Waits until its writers are quiet. */
  abort(): Promise<void>;
}

export interface NewObject {
  readonly path: string;
  /** Bytes to be sure of before anything is written. */
  readonly allocSize: number | undefined;
  /** Bytes as in the copy before: a guess, for sinks whose traits want one. */
  readonly expectedSize: number | undefined;
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
  /** Lower-case hex; null only of a sink that keeps nothing. */
  readonly sha256: string | null;
  /** The paths of its pieces in order, its own first, when the store could not take it as one. */
  readonly volumes?: readonly string[];
}

/**
 * A committed copy. Whoever reads it holds no lock: a copy that is removed meanwhile is a Failure COPY_NOT_FOUND or
 * COPY_DAMAGED, never other bytes. An object is named by its pieces: its volumes in order, or its path alone.
 */
export interface StoredCopy {
  /** Where it is, for people. */
  readonly location: string;

  /** Of this host, when its objects are files in one. */
  readonly directory: string | undefined;

  /**
   * A command for a shell that writes the stored bytes of an object, its pieces in order, to stdout wherever it is run, for
   * whoever has no palhm. Undefined when they are files of these paths in `directory`.
   */
  fetchCommand(pieces: readonly string[]): string | undefined;

  /** Undefined for a copy of the original PALHM. Failure MANIFEST_INVALID, SIGNATURE_INVALID, COPY_NOT_FOUND. */
  manifest(): Promise<Manifest | undefined>;

  /** What lies in it, sorted by path, but not what palhm itself keeps there. */
  inventory(signal?: AbortSignal): Promise<readonly StoredPiece[]>;

  /** Opens the stored bytes of an object for the first stage of a pipeline. Failure COPY_DAMAGED when a piece is missing. */
  read(pieces: readonly string[]): Promise<ObjectReader>;

  /** Reads the stored bytes of an object for their digest alone. `onBytes` is told now and then how many it were so far. */
  digest(pieces: readonly string[], watch: DigestWatch): Promise<Digest>;

  /** Replaces a record beside the manifest, in one step. Failure COPY_NOT_FOUND when the copy has gone. */
  writeRecord(kind: RecordKind, text: string): Promise<void>;

  /** Gives back what reading has taken: threads, connections. */
  close(): Promise<void>;
}

export interface StoredPiece {
  readonly path: string;
  /** Undefined for what is neither a file nor a directory. */
  readonly size: number | undefined;
}

export interface DigestWatch {
  readonly signal: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

export interface Digest {
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** One object on its way back. The first stage reads from `fd`; then either `finish` or `abort`, once. */
export interface ObjectReader {
  /** An open descriptor for the first stage's stdin: a file at its start, or the reading end of a pipe. */
  readonly fd: number;
  /** To be called once the first stage has its own copy of `fd`. */
  handOver(): void;
  /** Bytes that have been read of the store so far. */
  bytes(): number;
  /**
   * Called when every stage has ended. The digest of all the stored bytes, read to their end even when the first stage
   * left earlier, as tar does behind its end mark. Failure COPY_DAMAGED, SINK_UNAVAILABLE.
   */
  finish(): Promise<Digest>;
  /** The rest is not wanted. The first stage sees the end of its input, if it is still there. */
  abort(): Promise<void>;
  /** Why the store broke off, when it did: the first stage then failed because of it. */
  explain(): Failure | undefined;
}
