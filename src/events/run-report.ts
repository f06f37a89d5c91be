/**
 * The result of an operation as data: what a summary, an exit code, a mail, a catalogue row and a metric are made of. Sizes
 * are bytes, durations milliseconds, times epoch milliseconds.
 */
import { FAILURES } from '../failure/codes.js';
import { EXIT, type ExitCode } from '../failure/exit-codes.js';
import type { Failure } from '../failure/failure.js';

export interface Report {
  /** Of the operation: the `run` of its events, `PALHM_RUN` in its stages. */
  readonly id: string;
  readonly task: string | undefined;
  /** The name of the host that carried it out. */
  readonly host: string;
  readonly started: number;
  /** Of a snapshot of what still runs: the time of the snapshot. */
  readonly finished: number;
  /** Why it failed; undefined: it did what it was asked to do. */
  readonly failure: Failure | undefined;
  /** What else went wrong, in order: after its work was done, or while it was undone. */
  readonly afterwards: readonly Failure[];
}

/** Of one task. A routine has those of its steps as children. */
export interface RunReport extends Report {
  readonly task: string;
  readonly kind: 'backup' | 'routine';
  /** The copy that was committed. */
  readonly copy: CopyReport | undefined;
  /** In the order in which they began. */
  readonly objects: readonly ObjectReport[];
  readonly rotation: RotationReport | undefined;
  readonly children: readonly RunReport[];
}

export interface CopyReport {
  readonly prefix: string;
  /** Where it is, for people. */
  readonly location: string;
  readonly size: number;
  /** From its opening to its commit. */
  readonly durationMs: number;
}

export interface ObjectReport {
  readonly path: string;
  readonly group: string;
  readonly state: 'running' | 'finished' | 'failed' | 'cancelled';
  /** Bytes as stored; 0 unless finished. */
  readonly size: number;
  /** Lower-case hex; null unless finished, and where nothing was stored. */
  readonly sha256: string | null;
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

/** What came back, and where it went. */
export interface RestoreReport {
  readonly prefix: string;
  /** For people. */
  readonly source: string;
  readonly target: string;
  /** Bytes that were read of the copy. */
  readonly size: number;
  readonly durationMs: number;
  readonly objects: readonly ObjectReport[];
}

/** How palhm ends: by the failure; with 3 when only something after the work went wrong. */
export function exitCodeOf({
  failure,
  afterwards,
}: Pick<Report, 'failure' | 'afterwards'>): ExitCode {
  if (failure !== undefined) return FAILURES[failure.code].exit;
  return afterwards.length === 0 ? EXIT.done : EXIT.afterwards;
}
