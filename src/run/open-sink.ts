import type { BackupPlan } from '../config/plan/plan.js';
import { createSink } from '../sink/registry.js';
import type { Sink } from '../sink/sink.js';
import type { Operation } from './operation.js';
import { loadSignatureCheck } from './signing.js';

/**
 * The sink of a backup task, for every operation that reads or writes its copies: where copies are signed it takes no
 * other for a copy. Failure KEY_INVALID, REFERENCE_UNRESOLVED.
 */
export async function openSink(
  { emit }: Pick<Operation, 'emit'>,
  backup: BackupPlan,
): Promise<Sink> {
  const checkSignature = await loadSignatureCheck(backup);
  const check = checkSignature === undefined ? {} : { checkSignature };
  return createSink(backup.sink, { task: backup.id, emit, ...check });
}
