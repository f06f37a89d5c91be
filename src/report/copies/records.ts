/** The records of a copy in words: when it was verified, and when it was restored in a drill. */
import type { DrillRecord, VerifyRecord } from '../../copy/records.js';

/** `whole, decoded`, `2 of 30 whole`, `damaged`, `whole, undecodable`; empty when it was never verified. */
export function wordVerify(record: VerifyRecord | undefined): string {
  if (record === undefined) return '';
  const { result, depth, read, of, undecoded } = record;
  const part = result === 'whole' && read < of ? `${read} of ${of} ` : '';
  const decoded = depth === 'decoded' ? ', decoded' : '';
  return `${part}${result}${undecoded === undefined ? decoded : ', undecodable'}`;
}

/** The same after the day, for a column. */
export function wordVerifyDay(record: VerifyRecord | undefined): string {
  return record === undefined ? '' : `${dayOf(record.at)} ${wordVerify(record)}`;
}

export function wordDrillDay(record: DrillRecord | undefined): string {
  return record === undefined ? '' : `${dayOf(record.at)} ${record.result}`;
}

function dayOf(instant: string): string {
  return instant.slice(0, 'yyyy-mm-dd'.length);
}
