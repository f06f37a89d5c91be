/** Records the result of a verify beside the manifest, unless the record that is there says more. */
import type { VerifiedCopy } from '../../copy/verdict.js';
import { recordAfter } from '../../copy/verify-record.js';
import { Failure } from '../../failure/failure.js';
import { renderVerifyRecord } from '../../wire/records.js';
import type { CopyCheck } from './copy-check.js';

/** Returns whether a record was written. A store that does not take it is a warning. Failure COPY_NOT_FOUND. */
export async function recordVerdict(
  { operation: { emit, host }, stored, copy }: Pick<CopyCheck, 'operation' | 'stored' | 'copy'>,
  verdict: Omit<VerifiedCopy, 'recorded'>,
): Promise<boolean> {
  const { verify: before } = copy.records;
  const at = new Date(host.clock()).toISOString();
  const record = recordAfter({ verdict, at, host: host.name }, before);
  if (record === undefined) {
    if (before === undefined) return false;
    const message = `copy ${verdict.prefix.name}: the record of ${before.at} says more than this verify and stays`;
    emit({ type: 'debug', message });
    return false;
  }
  try {
    await stored.writeRecord('verify', renderVerifyRecord(record));
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || error.code === 'COPY_NOT_FOUND') throw error;
    const message = `copy ${verdict.prefix.name}: the result of the verify could not be recorded: ${error.message}`;
    emit({ type: 'warning', message, details: [] });
    return false;
  }
}
