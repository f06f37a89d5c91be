/** What one run of a backup is asked to do, and its context. */
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
  /** Paths of objects whose size is accepted, whatever it was in the newest copy. */
  readonly acceptedSizes: readonly string[];
  readonly ledger: Ledger;
}

/** What lasts as long as a run of a backup. */
export interface BackupRun extends BackupRequest {
  readonly operation: Operation;
  readonly sink: Sink;
  readonly prefix: Prefix;
  /** The sizes of the objects in the newest copy, by path. Empty where nothing needs them. */
  readonly lastSizes: ReadonlyMap<string, number>;
  /** The size of the newest copy, in bytes. */
  readonly lastSize: number | undefined;
  readonly sign: (manifest: Manifest) => Manifest;
  /** Epoch milliseconds by the clock of the host, which somebody may set during the run. */
  readonly started: number;
  /** The same by the monotonic clock. */
  readonly startedAt: number;
}
