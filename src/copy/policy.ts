/** How many copies a root keeps: what a config asks of rotation. `retention.ts` decides by it. */

import type { Limit } from '../units/bytes.js';
import type { Duration } from '../units/duration.js';

export interface RetentionPolicy {
  /** Copies to keep at most, `root-size-limit` bytes to keep at most. */
  readonly copies: Limit;
  readonly size: Limit;
  /** Absent: every copy is kept as far as the two limits allow. */
  readonly keep: KeepRules | undefined;
}

/** A copy that any one rule keeps is kept. Counts are of copies, or of days, weeks, months, years that have copies. */
export interface KeepRules {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  readonly within: Duration | undefined;
}
