/** Log lines with a priority for the journal of systemd: sd-daemon(3). */
import type { Severity } from '../../report/weight.js';

/** The identity of an open file, by `fstat` with `bigint`: an inode number may be too large for a double. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/**
 * True when this file is the connection to the journal. systemd sets `JOURNAL_STREAM` to the `device:inode` of that
 * connection. A child whose output was redirected inherits the variable, but not the connection (systemd.exec(5)).
 */
export function leadsToJournal(journalStream: string | undefined, file: FileIdentity): boolean {
  return journalStream === `${file.dev}:${file.ino}`;
}

/** The numbers of syslog(3). */
const PRIORITIES: Readonly<Record<Severity, number>> = {
  critical: 2,
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
};

export function priorityPrefix(severity: Severity): string {
  return `<${PRIORITIES[severity]}>`;
}
