/** What a config asks of rotation. `retention.ts` applies it. */
import type { Limit } from '../units/bytes.js';
import type { Duration } from '../units/duration.js';

export interface RetentionPolicy {
  /** `nb-copy-limit`, in copies, and `root-size-limit`, in bytes. */
  readonly copies: Limit;
  readonly size: Limit;
  /** Undefined: every copy is kept as far as the two limits allow. */
  readonly keep: KeepRules | undefined;
}

/** A copy is kept when any rule keeps it. `last` counts copies, the others count the periods that have copies. */
export interface KeepRules {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly within: Duration | undefined;
}
