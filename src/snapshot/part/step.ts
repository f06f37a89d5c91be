/** What each kind of step has to do. */

import type { Value } from '../../config/plan/value.js';

export interface Kind<S> {
  /** What it runs, beside dmsetup and blockdev. */
  readonly programs: readonly string[];
  /** The names of the devices that it makes, in order; what is wanted is on the last. */
  readonly names: (step: S, name: string) => readonly string[];
  /** Makes them. When it rejects, some of them may be there. Failure SNAPSHOT_FAILED. */
  readonly open: (step: S, level: Level) => Promise<void>;
}

export interface Level {
  /** The device of the step before. */
  readonly device: string;
  /** Of this step. */
  readonly name: string;
  /** Stays open until the programs have ended. */
  readonly fd: number;
  readonly secretOf: (key: Value) => string;
}
