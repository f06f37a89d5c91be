import type { BackupPlan } from '../config/plan.js';
import { createSink } from '../sink/registry.js';
import type { Sink } from '../sink/sink.js';
import type { Operation } from './operation.js';

/** The sink of a backup task, for every operation that reads or writes its copies. */
export function openSink({ emit }: Pick<Operation, 'emit'>, backup: BackupPlan): Promise<Sink> {
  return createSink(backup.sink, { task: backup.id, emit });
}
