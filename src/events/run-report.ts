/**
 * The result of an operation as data. A summary, an exit code, a mail, a catalogue row and a metric are made of it.
 * Sizes are bytes, durations milliseconds, times epoch milliseconds.
 */
import { FAILURES } from '../failure/codes.js';
import { EXIT, type ExitCode } from '../failure/exit-codes.js';
import type { Failure } from '../failure/failure.js';

export interface Report {
  /** The id of the operation. Its events have it as `run`, its stages as `PALHM_RUN`. */
  readonly id: string;
  readonly task: string | undefined;
  /** The name of the host that carried out the operation. */
  readonly host: string;
  readonly started: number;
  /** In a snapshot of a running operation: the time of the snapshot. */
  readonly finished: number;
  /** Why the operation failed. Undefined when it did what it was asked to do. */
  readonly failure: Failure | undefined;
  /** What else went wrong, in order: after the work was done, or during the roll back. */
  readonly afterwards: readonly Failure[];
}

/** The report of one task. The children of a routine are the reports of its steps. */
export interface RunReport extends Report {
  readonly task: string;
  readonly kind: 'backup' | 'routine';
  /** The copy that was committed. */
  readonly copy: CopyReport | undefined;
  /** In the order in which they started. */
  readonly objects: readonly ObjectReport[];
  /** What was frozen, in the order in which it was thawed: also of groups that failed. */
  readonly freezes: readonly FreezeReport[];
  readonly rotation: RotationReport | undefined;
  /** Why one of its hooks has had it skipped. Then nothing was done, and nothing has failed. */
  readonly skipped: string | undefined;
  readonly children: readonly RunReport[];
}

export interface CopyReport {
  readonly prefix: string;
  /** Where the copy is, for people. Null when nothing of it was kept: the sink keeps nothing. */
  readonly location: string | null;
  readonly size: number;
  /** From the opening of the copy to its commit. */
  readonly durationMs: number;
}

export interface ObjectReport {
  readonly path: string;
  readonly group: string;
  readonly state: 'running' | 'finished' | 'failed' | 'cancelled';
  /** Stored bytes. 0 unless the object is finished. */
  readonly size: number;
  /** Lower-case hex. Null unless the object is finished, and where nothing is stored. */
  readonly sha256: string | null;
  readonly durationMs: number;
}

export interface FreezeReport {
  readonly group: string;
  /** From the first program that freezes to the end of the thaw. */
  readonly durationMs: number;
}

export interface RotationReport {
  readonly kept: number;
  readonly removed: readonly RemovedCopy[];
  readonly freed: number;
}

export interface RemovedCopy {
  readonly prefix: string;
  readonly size: number;
  readonly reason: string;
}

/** What was restored, and to which place. */
export interface RestoreReport {
  readonly prefix: string;
  /** For people. */
  readonly source: string;
  readonly target: string;
  /** Bytes that were read from the copy. */
  readonly size: number;
  readonly durationMs: number;
  readonly objects: readonly ObjectReport[];
}

/** The exit code of palhm: that of the failure, or 3 when something went wrong only after the work was done. */
export function exitCodeOf({
  failure,
  afterwards,
}: Pick<Report, 'failure' | 'afterwards'>): ExitCode {
  if (failure !== undefined) return FAILURES[failure.code].exit;
  return afterwards.length === 0 ? EXIT.done : EXIT.afterwards;
}
