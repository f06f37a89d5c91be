/** How every operation is carried out: what it finds is data, a Failure is data, and only a defect is thrown. */
import type { OperationKind } from '../../events/events.js';
import { exitCodeOf, type Report } from '../../events/run-report.js';
import { EXIT } from '../../failure/exit-codes.js';
import { Failure } from '../../failure/failure.js';
import type { Operation } from './operation.js';

/** What an operation returns: the frame of every report, and what this one has found; undefined when it failed before. */
export type ReportOf<T> = Report & { readonly found: T | undefined };

export interface Found<T> {
  readonly found: T | undefined;
  /** A verdict on what was found. */
  readonly failure?: Failure | undefined;
}

/** Does the work and tells how it ended. */
export async function conduct<T>(
  operation: Operation,
  kind: OperationKind,
  work: () => Promise<Found<T>>,
): Promise<ReportOf<T>> {
  const { id, host } = operation;
  const started = host.clock();
  const { found, failure } = await foundBy(work);
  const afterwards = [...operation.aftermath.failures];
  const report = {
    id,
    task: operation.task(),
    host: host.name,
    started,
    finished: host.clock(),
    found,
    failure,
    afterwards,
  };
  tellEnd(operation, kind, report);
  return report;
}

async function foundBy<T>(work: () => Promise<Found<T>>): Promise<Found<T>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) return { found: undefined, failure: error };
    throw error;
  }
}

/** The failure, then what else went wrong, one event each; then how it ended. */
export function tellEnd(operation: Operation, kind: OperationKind, report: Report): void {
  const { emit } = report.task === undefined ? operation : operation.about(report.task);
  const { failure, afterwards, started, finished } = report;
  for (const one of failure === undefined ? afterwards : [failure, ...afterwards])
    emit({ type: 'failed', failure: one });
  const exitCode = exitCodeOf(report);
  const result =
    exitCode === EXIT.done ? 'done' : exitCode === EXIT.afterwards ? 'afterwards' : 'failed';
  const durationMs = finished - started;
  emit({ type: 'run-finished', operation: kind, result, exitCode, durationMs });
}
