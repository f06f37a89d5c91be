/** The context of one run of a backup. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Manifest } from '../../copy/manifest.js';
import type { Prefix } from '../../copy/prefix.js';
import type { Sink } from '../../sink/sink.js';
import type { Operation } from '../operation/operation.js';
import type { Ledger } from '../task/ledger.js';

export interface BackupRequest {
  readonly backup: BackupPlan;
  /** How long to wait for another run to end; 0: not at all. */
  readonly waitMs: number;
  /** Paths of objects whose size need not be like that in the newest copy. */
  readonly acceptedSizes: readonly string[];
  readonly ledger: Ledger;
}

/** What lasts as long as a run of a backup. */
export interface BackupRun extends BackupRequest {
  readonly operation: Operation;
  readonly sink: Sink;
  readonly prefix: Prefix;
  /** Of the objects in the newest copy, by path; empty where nobody asks. */
  readonly lastSizes: ReadonlyMap<string, number>;
  readonly sign: (manifest: Manifest) => Manifest;
  /** Epoch milliseconds, by the clock of the host, which may be set while the run lasts. */
  readonly started: number;
  /** By the monotonic clock. */
  readonly startedAt: number;
}
