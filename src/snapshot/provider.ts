/**
 * The contract of every kind of snapshot. `test/snapshot/contract.ts` tests each against these obligations. Of what palhm makes
 * the name says so, with the run, and something that the kernel frees when palhm dies tells the living from the dead.
 */
import type { SnapshotFacts } from '../exec/facts.js';

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
  /** Parts of the source that are not in the snapshot, as sentences. */
  readonly gaps: readonly string[];
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
}
