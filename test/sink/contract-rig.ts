import type { SinkPlan } from '../../src/config/plan/sinks/sinks.js';

/** What the contract needs of a backend beside the backend itself. */
export interface SinkRig {
  /** Of an empty root. It is handed to another process as JSON. */
  readonly plan: SinkPlan;
  /** Of an empty root whose name begins with that of the first: `a` and `ab`. */
  readonly sibling: SinkPlan;
  /** The bytes of an object as the store has them. */
  read(prefix: string, path: string): Promise<Buffer>;
  /** Puts an object where the store has it, past the backend. */
  put(prefix: string, path: string, text: string): Promise<void>;
  /** The names of everything in the root that is neither a copy nor the lock. */
  remains(): Promise<readonly string[]>;
  cleanup(): Promise<void>;
}
