/** Running a task, whatever its kind. */
import { randomUUID } from 'node:crypto';
import type { BackupPlan, GroupPlan, TaskPlan } from '../config/plan.js';
import { assertNever, Failure } from '../failure/failure.js';
import { runBackup } from './backup.js';
import { findTask, type Operation } from './operation.js';
import { runRoutine } from './routine.js';

export interface RunOptions {
  readonly waitMs: number;
  /** The pipelines run, their output is thrown away. */
  readonly dryRun: boolean;
  /** With a dry run: only the objects at these paths; empty for all. */
  readonly only: readonly string[];
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
    case 'backup':
      return await runBackup(operation, { backup: narrow(task, options), waitMs: options.waitMs });
    case 'routine': {
      if (options.dryRun) throw refuseDryRun(task.id);
      const runStep = (taskId: string): Promise<void> => runTask(operation, taskId, options);
      return await runRoutine(operation, { routine: task, runId: randomUUID(), runTask: runStep });
    }
    default:
      return assertNever(task);
  }
}

/** A routine's execs do what they do: there is no trying them out. */
function refuseDryRun(id: string): Failure {
  return new Failure({
    code: 'USAGE',
    message: `task "${id}" is a routine: its programs would really run`,
    hint: '--dry-run takes a backup task; --plan shows what a routine would run',
  });
}

function narrow(backup: BackupPlan, { dryRun, only }: RunOptions): BackupPlan {
  if (!dryRun) return backup;
  const groups =
    only.length === 0 ? backup.groups : backup.groups.map((group) => pick(group, only));
  const found = new Set(groups.flatMap((group) => group.objects.map(({ path }) => path)));
  const missing = only.filter((path) => !found.has(path));
  if (missing.length === 0) return { ...backup, sink: { type: 'null' }, groups };
  throw new Failure({
    code: 'USAGE',
    message: `task "${backup.id}" has no object ${missing.map((path) => `"${path}"`).join(', ')}`,
    hint: `its objects are: ${backup.groups.flatMap((group) => group.objects.map(({ path }) => path)).join(', ')}`,
  });
}

function pick(group: GroupPlan, only: readonly string[]): GroupPlan {
  return { ...group, objects: group.objects.filter(({ path }) => only.includes(path)) };
}
