/** The contexts of a drill. */
import type { BackupPlan, DrillPlan } from '../../config/plan/plan.js';
import type { StoredCopy } from '../../sink/sink.js';
import type { Operation } from '../operation/operation.js';

/** The copy that is drilled. */
export interface DrillSubject {
  readonly operation: Operation;
  readonly backup: BackupPlan;
  readonly drill: DrillPlan;
  readonly stored: StoredCopy;
  /** The name of the copy. */
  readonly prefix: string;
}

/** A drill that has its scratch directory. */
export interface DrillRun extends DrillSubject {
  /** Absolute: where its programs work. */
  readonly directory: string;
}
