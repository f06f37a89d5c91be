/** The frame of every operation: its data and its Failure are returned in a report, and only a defect is thrown. */
import type { BackupPlan } from '../../config/plan/plan.js';
import { findBackup } from '../../config/plan/tasks.js';
import type { OperationKind } from '../../events/events.js';
import { exitCodeOf, type Report, type RunReport } from '../../events/run-report.js';
import { EXIT } from '../../failure/exit-codes.js';
import type { Failure } from '../../failure/failure.js';
import { endOf } from './end.js';
import { forTask, type Operation } from './operation.js';
import { redactFailure } from './redaction.js';

/** The report of an operation with the data that it returns: undefined when it failed before it had any. */
export type ReportOf<T> = Report & { readonly found: T | undefined };

export interface Result<T> {
  readonly found: T | undefined;
  /** Set when the work was done and its result is bad: a copy is damaged, a backup is not fresh. */
  readonly failure?: Failure | undefined;
}

/** Called as soon as the task is known. Returns the operation whose events name it; the end is then told of this task. */
export type About = (task: string) => Operation;

/** Does the work and tells how it ended. */
export async function conduct<T>(
  operation: Operation,
  kind: OperationKind,
  work: (about: About) => Promise<Result<T>>,
): Promise<ReportOf<T>> {
  const { id, host, aftermath, redactor } = operation;
  const started = host.clock();
  let own = operation;
  const about: About = (task) => {
    own = forTask(operation, task);
    return own;
  };
  const { value, failure } = await endOf(operation, () => work(about));
  const bad = value?.failure;
  const report = {
    id,
    task: own.task,
    host: host.name,
    started,
    finished: host.clock(),
    found: value?.found,
    failure: failure ?? (bad === undefined ? undefined : redactFailure(bad, redactor)),
    afterwards: [...aftermath.failures],
  };
  tellEnd(own, kind, report);
  // The outlet may have failed at the last events, too.
  return { ...report, afterwards: [...aftermath.failures] };
}

export interface BackupOperation {
  readonly kind: OperationKind;
  /** Undefined: the only backup. */
  readonly task: string | undefined;
}

/** Does the work on a backup task. Failure USAGE when there is no such task. */
export function conductOnBackup<T>(
  operation: Operation,
  { kind, task }: BackupOperation,
  work: (own: Operation, backup: BackupPlan) => Promise<Result<T>>,
): Promise<ReportOf<T>> {
  return conduct(operation, kind, async (about) => {
    const backup = findBackup(operation.plan, task);
    return await work(about(backup.id), backup);
  });
}

/** One event for the failure and for each that came after it, then how the operation ended. */
export function tellEnd(
  { emit }: Operation,
  kind: OperationKind,
  report: Report & Partial<Pick<RunReport, 'skipped'>>,
): void {
  const { failure, afterwards, started, finished, skipped } = report;
  for (const one of failure === undefined ? afterwards : [failure, ...afterwards])
    emit({ type: 'failed', failure: one });
  const exitCode = exitCodeOf(report);
  const done = skipped === undefined ? 'done' : 'skipped';
  const result =
    exitCode === EXIT.done ? done : exitCode === EXIT.afterwards ? 'afterwards' : 'failed';
  const durationMs = finished - started;
  emit({ type: 'run-finished', operation: kind, result, exitCode, durationMs });
}
