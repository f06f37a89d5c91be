import type { BackupStatus } from '../../copy/status.js';
import { Failure } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';

/** Failure NOT_FRESH with every backup that is not fresh; undefined when all are. */
export function describeStale(backups: readonly BackupStatus[]): Failure | undefined {
  const bad = backups.filter(({ state }) => state !== 'fresh');
  if (bad.length === 0) return undefined;
  const all = backups.length === 1 ? '1 backup' : `${backups.length} backups`;
  return new Failure({
    code: 'NOT_FRESH',
    message: `${bad.length} of ${all} ${bad.length === 1 ? 'is' : 'are'} not fresh`,
    details: bad.map(({ task, state, notes }) => `"${task}" is ${state}: ${notes[0] ?? ''}`),
    hint: `see why with the log of the last runs: journalctl ${bad.map(({ task }) => `-u ${quoteForShell(`palhm@${task}`)}`).join(' ')}`,
  });
}
