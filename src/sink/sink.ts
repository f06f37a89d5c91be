/**
 * The contract of every backend. A sink stores the copies of one task under one root. `test/sink/contract.ts` tests every
 * backend against these obligations. A method that takes a signal finishes its current step when the signal is aborted, and
 * rejects with the reason of the signal. What it leaves behind is repaired by `tidy`, or by the same call again.
 */
import type { Copy, Listing } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import type { Prefix } from '../copy/prefix.js';
import type { RecordKind } from '../copy/records.js';
import type { Emit } from '../events/events.js';
import type { Redactor } from '../exec/redactor.js';
import type { Environment } from '../exec/values.js';
import type { Failure } from '../failure/failure.js';
import type { Lock, LockRequest } from '../host/file-lock.js';
import type { Consumer } from '../host/intake.js';

export interface Sink {
  /** For people: `localfs /media/backup/host`. */
  readonly description: string;

  /** Identifies the root, as `SinkFacts.root`. Sinks with the same one must not run at the same time. */
  readonly root: string;

  /**
   * Locks the root for this process until `release`, or until the process dies in any way. Makes the root when it is missing,
   * unless `isThere` says that this is a failure.
   * When another process has the lock, it calls `onWait` once with the name of the holder and waits up to `waitMs`, then
   * fails with LOCKED. With `waitMs` 0 it fails at once. Of the methods below, only `list`, `stored` and `close` may be
   * called without the lock.
   */
  lock(request: LockRoot): Promise<Lock>;

  /**
   * Removes what dead runs left behind: ends their stages that still run, and removes what palhm has written that is not a
   * complete copy. Touches nothing else. May be called again.
   */
  tidy(signal?: AbortSignal): Promise<readonly Leftover[]>;

  /**
   * The committed copies, oldest first, and what else is in the root. Needs no lock. A missing root has no copies. To find one
   * copy, the request should say so, because without it every manifest of the root is read.
   */
  list(request?: ListRequest): Promise<Listing>;

  /** Gives access to a committed copy. Needs no lock, and does not ask the store yet. */
  stored(prefix: Prefix): StoredCopy;

  /**
   * Begins a copy under a prefix that is not in use. `list` shows nothing of it until it is committed. Failure SINK_FULL when the
   * store can tell that there is no room for it.
   */
  open(prefix: Prefix, run: NewCopy, signal?: AbortSignal): Promise<OpenCopy>;

  /**
   * Does the work that comes after the commit, such as the move to a colder storage class. It must not endanger the copy: when
   * it fails, the copy is still complete. May be called again after it was done, or done in part.
   */
  settle(copy: Prefix, signal?: AbortSignal): Promise<void>;

  /**
   * Removes a listed copy: first from the listing, in one step, then from the store. Succeeds when there is no such copy.
   * Failure COPY_LOCKED when the store must keep the copy, which then stays as it was.
   */
  remove(copy: Copy, signal?: AbortSignal): Promise<void>;

  /** Closes what the sink itself has opened, such as connections, so that the process can end. May be called again. */
  close(): Promise<void>;
}

export interface LockRoot extends LockRequest {
  readonly isThere?: boolean | undefined;
}

/** Without `newest` and `prefix` it asks for everything. */
export interface ListRequest {
  /**
   * Asks for the copy that is the newest at `now` (epoch milliseconds), see `src/copy/latest.ts`, and for those dated after it
   * that this passes over, or the newest few of them. The listing also holds the strangers that the search met, but no others.
   */
  readonly newest?: { readonly now: number };
  /** Asks for the entry with this name: a copy, a stranger, or nothing. */
  readonly prefix?: string;
  readonly signal?: AbortSignal | undefined;
}

/** What a backend gets beside its part of the Plan. */
export interface SinkContext {
  /** The task whose copies these are. A copy with the manifest of another task is a stranger. */
  readonly task: string;
  readonly emit: Emit;
  /** The name of the host that the operation works for. */
  readonly host: string;
  /** Where references to the environment and to credentials are looked up. */
  readonly environment: Environment;
  /** Learns what the sink itself has to keep secret. */
  readonly redactor: Redactor;
  /**
   * That of the operation. When it is aborted, whatever a method waits for is given up, but for what rolls back or unlocks;
   * and that is given up, too, when a store does not answer.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The id of another task of the config whose root is the same one, if there is one. It looks at the store of that task, so
   * it is only asked where it matters: for a copy without a manifest.
   */
  readonly findSharer: () => Promise<string | undefined>;
  /**
   * Takes a manifest with all keys of its text and returns what is wrong with its signature, or undefined when it is good. The
   * whole function is undefined when the copies of this task are not signed.
   */
  readonly checkSignature: ((manifest: Manifest) => string | undefined) | undefined;
}

export interface Leftover {
  /** What was removed, for people. */
  readonly what: string;
  /** How many processes of the dead run had to be ended. */
  readonly processes: number;
}

export interface NewCopy {
  /** Of the run that makes it. Every stage has it in its environment as `PALHM_RUN`, by which `tidy` finds leftovers. */
  readonly id: string;
  /** The size of the copy before, in bytes, where there is one. */
  readonly expectedSize?: number | undefined;
}

export interface OpenCopy {
  /** The place of the copy once it is committed, for people. Null for a sink that keeps nothing. */
  readonly location: string | null;

  /** Starts an object. Failure SINK_FULL when its `allocSize` cannot be reserved. */
  create(object: NewObject): Promise<ObjectConsumer>;

  /** Makes the copy durable, then visible as a whole. After it returns, a power cut cannot destroy the copy. */
  commit(manifest: Manifest): Promise<void>;

  /**
   * Removes everything of the copy, and ignores what is already removed. First gives its objects up. After a commit that failed
   * it also takes the copy out of the listing. When it fails, the failure says what is left, and whether that may be listed.
   */
  abort(): Promise<void>;
}

export interface NewObject {
  readonly path: string;
  /** Bytes that must be free before anything is written. */
  readonly allocSize: number | undefined;
  /** The size in the copy before, in bytes: an estimate for sinks whose traits want one. */
  readonly expectedSize: number | undefined;
}

/**
 * Takes one object from the intake, which reads what the last stage writes. Then either `finish` or `abort` must be called,
 * once.
 */
export interface ObjectConsumer extends Consumer {
  /**
   * To be called when every stage has succeeded, and the intake is sealed. Makes the object durable. Failure SINK_FULL,
   * SINK_UNAVAILABLE.
   */
  finish(digest: Digest): Promise<StoredObject>;
  /** Gives the object up, also while it is taken. Keeps nothing that would outlive `OpenCopy.abort`. */
  abort(): Promise<void>;
}

export interface StoredObject extends Digest {
  /** The paths of its pieces in order, its own first. Only when the store could not take the object as one. */
  readonly volumes?: readonly string[];
}

/**
 * Access to a committed copy. It needs no lock. When the copy is removed meanwhile, reading fails with COPY_NOT_FOUND or
 * COPY_DAMAGED and never returns other bytes. An object is named by its pieces: its volumes in order, or its path alone.
 */
export interface StoredCopy {
  /** The place of the copy, for people. */
  readonly location: string;

  /** The directory of this host that holds the objects as files. Undefined when they are elsewhere. */
  readonly directory: string | undefined;

  /**
   * A shell command that writes the stored bytes of an object to stdout, its pieces in order. It works without palhm, in any
   * directory. Undefined when the pieces are files with these paths in `directory`.
   */
  fetchCommand(pieces: readonly string[]): string | undefined;

  /** Undefined for a copy without a manifest. Failure MANIFEST_INVALID, SIGNATURE_INVALID, COPY_NOT_FOUND. */
  manifest(): Promise<Manifest | undefined>;

  /** Everything in the copy, sorted by path, except what palhm itself keeps there. */
  inventory(signal?: AbortSignal): Promise<readonly StoredPiece[]>;

  /**
   * Opens the stored bytes of an object for the first stage of a pipeline. Failure COPY_DAMAGED when a piece is missing. When
   * there are more bytes than `most`, this or the reader fails with COPY_DAMAGED, and no more than that are handed on.
   */
  read(pieces: readonly string[], most?: number): Promise<ObjectReader>;

  /** Reads the stored bytes of an object only to hash them. From time to time it calls `onBytes` with the bytes read so far. */
  digest(pieces: readonly string[], watch: DigestWatch): Promise<Digest>;

  /** Replaces a record beside the manifest, in one step. Failure COPY_NOT_FOUND when the copy was removed. */
  writeRecord(kind: RecordKind, text: string): Promise<void>;

  /** Closes what reading has opened, such as threads and connections. */
  close(): Promise<void>;
}

export interface StoredPiece {
  readonly path: string;
  /** Undefined for something that is not a regular file. */
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

/** Reads one object. The first stage reads from `fd`. Then either `finish` or `abort` must be called. */
export interface ObjectReader {
  /** An open descriptor for the stdin of the first stage: a file at its start, or the reading end of a pipe. */
  readonly fd: number;
  /** To be called as soon as the first stage has its own copy of `fd`. */
  handOver(): void;
  /** The bytes that were read from the store so far. */
  bytes(): number;
  /**
   * The digest of all stored bytes. To be called when every stage has ended. The bytes are read to their end even when the
   * first stage stopped earlier, as tar does after its end mark. Failure COPY_DAMAGED, SINK_UNAVAILABLE.
   */
  finish(): Promise<Digest>;
  /** Gives up the rest, also while `finish` waits for it, which then rejects. A first stage that still runs sees the end of its input. */
  abort(): Promise<void>;
  /** Why the store stopped sending, if it did. The first stage then failed because of that. */
  explain(): Failure | undefined;
}
