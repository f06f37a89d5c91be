/** Running a task of either kind. */
import type { TaskPlan } from '../../config/plan/plan.js';
import { findTask } from '../../config/plan/tasks.js';
import { orReason } from '../../host/or-reason.js';
import { runBackup } from '../backup/backup.js';
import { aroundTask } from '../hooks/around-task.js';
import { endOf } from '../operation/end.js';
import { aftermathOf, forTask, type Operation } from '../operation/operation.js';
import { confirmHost } from './confirm-host.js';
import { type Ledger, openLedger } from './ledger.js';
import { runRoutine } from './routine.js';

/** What lasts as long as a task runs. */
export interface TaskRun {
  readonly task: TaskPlan;
  readonly ledger: Ledger;
  /** How long a backup waits for another run of its root to end; 0: not at all. */
  readonly waitMs: number;
  /** Paths of objects whose size is accepted, whatever it was in the newest copy. */
  readonly acceptedSizes: readonly string[];
  /** Whether this host is known to have what the task needs. */
  readonly isConfirmed: boolean;
}

const ABSENT = 'the client has handed in that it is absent';

/** Runs a task to its end. The ledger keeps how it went; only a defect is thrown. `operation` is that of the task. */
export async function runTask(operation: Operation, run: TaskRun): Promise<void> {
  const { task, ledger } = run;
  const { emit } = operation;
  const startedAt = performance.now();
  emit({ type: 'task-started', kind: task.type });
  const { failure, value: skipped } = await endOf(operation, async () => {
    const { plan, host } = operation;
    if (!run.isConfirmed) {
      const left = `Task "${task.id}" was not run`;
      const confirmed = confirmHost(plan, [task.id], { inherited: host.environment, left });
      await orReason(confirmed, operation.signal);
    }
    if (task.type === 'backup' && task.client?.state === 'absent') return ABSENT;
    return await aroundTask(operation, run, () =>
      task.type === 'backup'
        ? runBackup(operation, { ...run, backup: task })
        : runRoutine(operation, {
            routine: task,
            runTask: (taskId) => runChild(operation, run, taskId),
          }),
    );
  });
  ledger.end({ failure, skipped });
  const durationMs = performance.now() - startedAt;
  const report = ledger.report();
  if (skipped !== undefined) emit({ type: 'task-skipped', reason: skipped, durationMs, report });
  else if (failure === undefined) emit({ type: 'task-finished', durationMs, report });
  else emit({ type: 'task-failed', durationMs, failure, report });
}

/** Runs the task that a step of a routine names. What goes wrong after the work of the step ends the routine, too. */
async function runChild(operation: Operation, parent: TaskRun, taskId: string): Promise<void> {
  const task = findTask(operation.plan, taskId);
  const own = { ...forTask(operation, taskId), aftermath: aftermathOf(operation) };
  const ledger = openLedger(own, { task: taskId, kind: task.type });
  parent.ledger.addChild(ledger);
  const isConfirmed = parent.task.type === 'routine' && !parent.task.keepGoing;
  await runTask(own, { ...parent, task, ledger, isConfirmed });
  const { failure, afterwards } = ledger.report();
  const [first, ...others] = failure === undefined ? afterwards : [failure, ...afterwards];
  for (const other of others) operation.aftermath.add(other);
  if (first !== undefined) throw first;
}
