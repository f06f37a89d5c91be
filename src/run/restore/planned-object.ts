import type { ExecPlan } from '../../config/plan/plan.js';
import type { CopyObject } from './source.js';

/** What a restore runs for one object, and where that goes. */
export interface PlannedObject {
  readonly object: CopyObject;
  /** From the stored bytes on; at least one. */
  readonly execs: readonly ExecPlan[];
  /** The commands among them that no config knows. */
  readonly unknown: readonly (readonly string[])[];
  /** Below the directory of `--to`; for the other ways, the name of what comes out. */
  readonly goal: Goal;
}

export interface Goal {
  readonly path: string;
  /** A tree comes out of a tar file. */
  readonly kind: 'file' | 'tree';
}
