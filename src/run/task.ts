/** Running a task, whatever its kind. */
import { randomUUID } from 'node:crypto';
import type { TaskPlan } from '../config/plan/plan.js';
import { findTask } from '../config/plan/tasks.js';
import { assertNever } from '../failure/failure.js';
import { runBackup } from './backup.js';
import type { Operation } from './operation.js';
import { runRoutine } from './routine.js';

export interface RunOptions {
  /** How long a backup waits for another run of its root to end; 0: not at all. */
  readonly waitMs: number;
  /** Paths of objects whose size is accepted this time, whatever it was in the newest copy. */
  readonly acceptedSizes?: readonly string[];
}

export async function runTask(
  operation: Operation,
  taskId: string,
  options: RunOptions,
): Promise<void> {
  const task = findTask(operation.plan, taskId);
  const startedAt = performance.now();
  operation.emit({ type: 'task-started', task: taskId, kind: task.type });
  await runByKind(operation, task, options);
  operation.emit({
    type: 'task-finished',
    task: taskId,
    durationMs: performance.now() - startedAt,
  });
}

async function runByKind(operation: Operation, task: TaskPlan, options: RunOptions): Promise<void> {
  switch (task.type) {
    case 'backup': {
      const { waitMs, acceptedSizes = [] } = options;
      return await runBackup(operation, { backup: task, waitMs, acceptedSizes });
    }
    case 'routine': {
      const runStep = (taskId: string): Promise<void> => runTask(operation, taskId, options);
      return await runRoutine(operation, { routine: task, runId: randomUUID(), runTask: runStep });
    }
    default:
      return assertNever(task);
  }
}
