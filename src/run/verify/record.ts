/** Records the result of a verify beside the manifest, unless the record that is there says more. */
import type { VerifyRecord } from '../../copy/records.js';
import type { VerifiedCopy } from '../../copy/verdict.js';
import { Failure } from '../../failure/failure.js';
import { renderVerifyRecord } from '../../wire/records.js';
import type { HostFacts } from '../operation/operation.js';
import type { CopyCheck } from './copy-check.js';

/** Enough to see the kind of damage. The others were told when they were found. */
const MOST_PROBLEMS = 100;

type Verdict = Omit<VerifiedCopy, 'recorded'>;

/** Returns whether a record was written. A store that does not take it is a warning. Failure COPY_NOT_FOUND. */
export async function recordVerdict(
  { operation: { emit, host }, stored, copy }: Pick<CopyCheck, 'operation' | 'stored' | 'copy'>,
  verdict: Verdict,
): Promise<boolean> {
  const before = copy.records.verify;
  const record = describeVerdict(verdict, host);
  if (record === undefined) return false;
  if (before !== undefined && !replaces(record, before)) {
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

/** Undefined for a verify that could not read everything: it does not know whether the copy is whole. */
function describeVerdict(
  { result, depth, read, of, problems }: Verdict,
  { name, clock }: HostFacts,
): VerifyRecord | undefined {
  if (result === 'unread') return undefined;
  const texts = problems.slice(0, MOST_PROBLEMS).map(({ text }) => text);
  const left = problems.length - texts.length;
  return {
    at: new Date(clock()).toISOString(),
    host: name,
    result,
    depth,
    read,
    of,
    problems: left === 0 ? texts : [...texts, `and ${left} more`],
  };
}

/**
 * Damage always replaces. Where only a part of the objects was whole, or nothing was decoded, that replaces neither damage
 * nor the record of a verify that looked at more.
 */
export function replaces(record: VerifyRecord, before: VerifyRecord): boolean {
  if (record.result === 'damaged') return true;
  const [isPart, wasPart] = [record.read < record.of, before.read < before.of];
  if (isPart && (!wasPart || before.result === 'damaged')) return false;
  return before.result === 'whole' || record.depth === 'decoded' || before.depth === 'stored';
}
