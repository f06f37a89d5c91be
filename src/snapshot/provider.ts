/**
 * The contract of every kind of snapshot. `test/snapshot/contract.ts` tests each against these obligations. Of what palhm makes
 * the name says so, with the run, and something that the kernel frees when palhm dies tells the living from the dead.
 */
import type { Value } from '../config/plan/value.js';
import type { Entrance, SnapshotFacts } from '../exec/facts.js';

/** The text that a reference to a secret stands for. Failure REFERENCE_UNRESOLVED. */
export type ResolveKey = (key: Value) => Promise<string>;

export interface Provider {
  /** For people: `the btrfs subvolume /srv/data`. */
  readonly description: string;

  /**
   * Removes what palhms that are dead have left of snapshots of this source. Touches nothing else, and nothing of a palhm that
   * is alive. May be called again. Failure SNAPSHOT_FAILED. Rejects with the reason of the signal when that stops a wait.
   */
  tidy(signal: AbortSignal): Promise<readonly Leftover[]>;

  /**
   * Takes the snapshot: the whole source at one instant. When it rejects, nothing is left of it. Failure SNAPSHOT_FAILED. Rejects with
   * the reason of the signal when that comes before the instant.
   */
  take(name: SnapshotName, signal: AbortSignal): Promise<Snapshot>;

  /** Set when the source has to stand still by itself, as a file system or a guest. Then `take` is called while it does. */
  readonly still?: Still;
}

/**
 * Commands of this host, each a program and its arguments, that keep a source still. The engine runs them, innermost within the
 * `freeze` of the group and under the same watchdog, which also runs `thaw`: when the time is over, and when palhm is gone.
 */
export interface Still {
  /** Run in order. The first one, when it exits with a status other than 0, has frozen nothing: it may have been frozen by others. */
  readonly freeze: readonly (readonly [string, ...string[]])[];
  /**
   * Run in order, each of them whatever the others do, also twice, and by another process than palhm. Each exits with 0 as well when
   * nothing is frozen, reads no stdin, needs nothing that `freeze` may block, and ends within 30 s.
   */
  readonly thaw: readonly (readonly [string, ...string[]])[];
  /**
   * `taken`: until the snapshot is there. `released`: while the objects are made, which read the source itself; when the longest
   * time is over, the objects fail.
   */
  readonly until: 'taken' | 'released';
}

/** Distinguishes a snapshot from all others. */
export interface SnapshotName {
  /** The id of the run, a UUID. */
  readonly run: string;
  /** Which snapshot of the run it is, from 0. */
  readonly number: number;
}

export interface Snapshot {
  readonly facts: SnapshotFacts;
  /** How programs are started in it, where its kind has that. After `prepare`. */
  readonly entrance?: Entrance | undefined;
  /** Parts of the source that are not in the snapshot, as sentences. */
  readonly gaps: readonly string[];
  /**
   * What takes time and need not be done while something stands still, such as mounting: only then it can be read. Called once, before
   * anything else but `release`, which follows also when it rejects. Failure SNAPSHOT_FAILED. Rejects with the reason of the signal.
   */
  prepare?(signal: AbortSignal): Promise<void>;
  /**
   * Whether it shows what it showed when it was taken. Called after each object that has read it, also after one that has failed.
   * Failure SNAPSHOT_FULL, SNAPSHOT_LOST.
   */
  confirm?(): Promise<void>;
  /**
   * Removes all of it, also where somebody has removed or moved it meanwhile, and nothing else. May be called again, also after
   * Failure SNAPSHOT_LEFT, which says what is left and how to remove it.
   */
  release(): Promise<void>;
}

/** What a dead palhm had left, for people. */
export interface Leftover {
  readonly what: string;
}

/** Why this host cannot take a snapshot of this source, found without changing anything. */
export interface Problem {
  /** A sentence. */
  readonly message: string;
  readonly hint: string;
  readonly isProgram: boolean;
  /** Whether no program that runs before can change it. */
  readonly isFinal?: boolean;
}
