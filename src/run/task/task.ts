/** Running a task, whatever its kind. */
import type { TaskPlan } from '../../config/plan/plan.js';
import { findTask } from '../../config/plan/tasks.js';
import { assertNever, failureOf } from '../../failure/failure.js';
import { runBackup } from '../backup/backup.js';
import { createAftermath } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { type Ledger, openLedger } from './ledger.js';
import { runRoutine } from './routine.js';

export interface TaskRequest {
  readonly taskId: string;
  /** How long a backup waits for another run of its root to end; 0: not at all. */
  readonly waitMs: number;
  /** Paths of objects whose size is accepted this time, whatever it was in the newest copy. */
  readonly acceptedSizes: readonly string[];
}

/** Runs a task to its end. Its ledger has how it went; only a defect is thrown. Failure USAGE when there is no such task. */
export async function runTask(
  operation: Operation,
  request: TaskRequest,
  onLedger: (ledger: Ledger) => void,
): Promise<void> {
  const task = findTask(operation.plan, request.taskId);
  const own = { ...operation.about(task.id), aftermath: createAftermath() };
  const ledger = openLedger(own, { task: task.id, kind: task.type });
  onLedger(ledger);
  const startedAt = performance.now();
  own.emit({ type: 'task-started', kind: task.type });
  const failure = await failureOf(() => runByKind(own, { ...request, task, ledger }));
  ledger.end(failure);
  const durationMs = performance.now() - startedAt;
  const report = ledger.report();
  if (failure === undefined) own.emit({ type: 'task-finished', durationMs, report });
  else own.emit({ type: 'task-failed', durationMs, failure, report });
}

interface TaskRun extends TaskRequest {
  readonly task: TaskPlan;
  readonly ledger: Ledger;
}

async function runByKind(operation: Operation, run: TaskRun): Promise<void> {
  const { task, waitMs, acceptedSizes, ledger } = run;
  switch (task.type) {
    case 'backup':
      return await runBackup(operation, { backup: task, waitMs, acceptedSizes, ledger });
    case 'routine': {
      const runStep = (taskId: string): Promise<void> =>
        runChild(operation, ledger, { ...run, taskId });
      return await runRoutine(operation, { routine: task, runTask: runStep });
    }
    default:
      return assertNever(task);
  }
}

/** What went wrong after the work of a step was done ends the routine, too. */
async function runChild(operation: Operation, parent: Ledger, request: TaskRequest): Promise<void> {
  let child: Ledger | undefined;
  await runTask(operation, request, (ledger) => {
    child = ledger;
    parent.addChild(ledger);
  });
  const { failure, afterwards = [] } = child?.report() ?? {};
  const [first, ...others] = failure === undefined ? afterwards : [failure, ...afterwards];
  for (const other of others) operation.aftermath.add(other);
  if (first !== undefined) throw first;
}
