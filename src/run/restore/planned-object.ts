import type { ExecPlan } from '../../config/plan/plan.js';
import type { CopyObject } from './source.js';

/** What a restore runs for one object, and where the result goes. */
export interface PlannedObject {
  readonly object: CopyObject;
  /** What the stored bytes go through, in order; at least one. */
  readonly execs: readonly ExecPlan[];
  /** Those of the commands that no config knows. */
  readonly unknown: readonly (readonly string[])[];
  /** A path below the directory of `--to`. For the other ways: the name of what comes out. */
  readonly goal: Goal;
}

export interface Goal {
  readonly path: string;
  /** A tree is what a tar file is unpacked to. */
  readonly kind: 'file' | 'tree';
}
