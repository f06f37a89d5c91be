import type { BackupStatus } from '../../copy/status.js';
import { assertNever, Failure } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { adviseOn } from '../copies/advise.js';

/** Failure NOT_FRESH with every backup that is not fresh, and what to do next about each; undefined when all are. */
export function describeStale(backups: readonly BackupStatus[]): Failure | undefined {
  const bad = backups.filter(({ state }) => state !== 'fresh');
  if (bad.length === 0) return undefined;
  const all = backups.length === 1 ? '1 backup' : `${backups.length} backups`;
  return new Failure({
    code: 'NOT_FRESH',
    message: `${bad.length} of ${all} ${bad.length === 1 ? 'is' : 'are'} not fresh`,
    details: bad.flatMap((backup) => [
      `"${backup.task}" is ${backup.state}: ${backup.notes[0] ?? ''}`,
      `  next: ${adviseOnState(backup)}`,
    ]),
  });
}

function adviseOnState({ task, state, ageMs, last }: BackupStatus): string {
  switch (state) {
    // Of a fresh one nobody asks.
    case 'fresh':
    case 'stale':
    case 'missing':
      return last !== undefined && ageMs === undefined
        ? 'set the clock, of this host or of the one that made the copies, then make a new copy'
        : adviseOnRuns(task);
    case 'damaged':
    case 'undecodable':
      return adviseOn(state, task);
    case 'unreachable':
      return adviseOn('unread', task);
    default:
      return assertNever(state);
  }
}

/**
 * The instances of a template are named with these characters, in a unit name of at most 255 (systemd.unit(5)). `palhm run`
 * would take a name that begins with a hyphen for an option.
 */
const CAN_BE_INSTANCE = /^[A-Za-z0-9:_.@][A-Za-z0-9:_.@-]{0,240}$/;

function adviseOnRuns(task: string): string {
  const name = quoteForShell(task);
  const log = CAN_BE_INSTANCE.test(task)
    ? `see whether it ran, and what it said: journalctl -u palhm@${name}; or `
    : '';
  return `${log}run it by hand: palhm run ${name}`;
}
