/** Leaves what a verify has found out beside the manifest, unless what lies there says more. */
import { type VerifyRecord } from '../../copy/records.js';
import type { VerifiedCopy } from '../../copy/verdict.js';
import { Failure } from '../../failure/failure.js';
import type { StoredCopy } from '../../sink/sink.js';
import { renderVerifyRecord } from '../../wire/records.js';
import type { HostFacts, Operation } from '../operation/operation.js';

/** Enough to see what kind of damage it is; the rest was told when it was found. */
const MOST_PROBLEMS = 100;

export interface Recording {
  readonly stored: StoredCopy;
  readonly verdict: Omit<VerifiedCopy, 'recorded'>;
  readonly before: VerifyRecord | undefined;
}

/** Returns whether it was written. A store that does not take it is a warning. Failure COPY_NOT_FOUND. */
export async function recordVerdict(
  { emit, host }: Operation,
  { stored, verdict, before }: Recording,
): Promise<boolean> {
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

/** Undefined for a verify that could not look at everything: it knows neither that the copy is whole nor that it is not. */
function describeVerdict(
  { result, depth, read, of, problems }: Recording['verdict'],
  { name, clock }: HostFacts,
): VerifyRecord | undefined {
  if (result === 'unread') return undefined;
  const shown = problems.slice(0, MOST_PROBLEMS).map(({ text }) => text);
  const left = problems.length - shown.length;
  return {
    at: new Date(clock()).toISOString(),
    host: name,
    result,
    depth,
    read,
    of,
    problems: left === 0 ? shown : [...shown, `and ${left} more`],
  };
}

/** Damage always counts. That a part, or less deep a look, was whole takes back neither damage nor a look at everything. */
export function replaces(record: VerifyRecord, before: VerifyRecord): boolean {
  if (record.result === 'damaged') return true;
  const [isPart, wasPart] = [record.read < record.of, before.read < before.of];
  if (isPart && (!wasPart || before.result === 'damaged')) return false;
  return before.result === 'whole' || record.depth === 'decoded' || before.depth === 'stored';
}
