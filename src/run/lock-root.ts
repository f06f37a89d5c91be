import type { Lock } from '../host/file-lock.js';
import type { Sink } from '../sink/sink.js';
import type { Operation } from './operation.js';

export interface LockedRoot {
  readonly sink: Sink;
  readonly task: string;
  /** How long to wait for another run to end; 0: not at all. */
  readonly waitMs: number;
}

/** Takes the sink's root for this run. Failure LOCKED. */
export function lockRoot(operation: Operation, { sink, task, waitMs }: LockedRoot): Promise<Lock> {
  const onWait = (holder: string): void =>
    operation.emit({ type: 'lock-waiting', root: sink.description, holder });
  return sink.lock({ task, waitMs, onWait, signal: operation.signals.signal });
}
