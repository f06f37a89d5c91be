import type { Plan } from '../config/plan/plan.js';
import type { Emit } from '../events/events.js';
import type { SignalGate } from './signals.js';

/** What every operation of palhm is given: the plan, where to say what happens, how it is stopped, what time it is. */
export interface Operation {
  readonly plan: Plan;
  readonly emit: Emit;
  readonly signals: SignalGate;
  /** Epoch milliseconds; a clock that can be wrong. */
  readonly clock: () => number;
}
