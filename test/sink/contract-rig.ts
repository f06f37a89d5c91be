import type { SinkPlan } from '../../src/config/plan/sinks/sinks.js';
import type { Sink } from '../../src/sink/sink.js';
import { lockNow, sinkOf } from '../rig/sinks.js';

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

export interface LockedSink {
  readonly rig: SinkRig;
  /** Of an empty root, which it has locked. */
  readonly sink: Sink;
  readonly close: () => Promise<void>;
}

export async function openLocked(make: () => Promise<SinkRig>): Promise<LockedSink> {
  const rig = await make();
  const sink = await sinkOf(rig.plan);
  const lock = await lockNow(sink);
  return {
    rig,
    sink,
    async close() {
      await lock.release();
      await sink.close();
      await rig.cleanup();
    },
  };
}
