/** Finds tasks in a plan: the one that a command names, and those that it runs. */
import { Failure } from '../../failure/failure.js';
import type { BackupPlan, Plan, RoutinePlan, TaskPlan } from './plan.js';

/** Failure USAGE when the config has no such task. */
export function findTask(plan: Plan, id: string): TaskPlan {
  const task = plan.tasks.get(id);
  if (task !== undefined) return task;
  throw new Failure({
    code: 'USAGE',
    message: `there is no task "${id}" in ${plan.files[0] ?? 'the config'}`,
    hint:
      plan.tasks.size === 0
        ? 'define one under "tasks"'
        : `name one of: ${[...plan.tasks.keys()].join(', ')}${id === 'default' ? ', before options that take several paths' : ''}`,
  });
}

/** The backup task of this id, or the only one when no id is given. Failure USAGE. */
export function findBackup(plan: Plan, id: string | undefined): BackupPlan {
  const task = id === undefined ? findOnlyBackup(plan) : findTask(plan, id);
  if (task.type === 'backup') return task;
  throw new Failure({
    code: 'USAGE',
    message: `task "${task.id}" is a routine: it has no copies`,
    hint: 'name a backup task',
  });
}

function findOnlyBackup(plan: Plan): BackupPlan {
  const backups = [...plan.tasks.values()].filter((task) => task.type === 'backup');
  const [only, ...others] = backups;
  if (only !== undefined && others.length === 0) return only;
  throw new Failure({
    code: 'USAGE',
    message:
      only === undefined ? 'the config has no backup task' : 'the config has several backup tasks',
    hint: `name one of: ${backups.map(({ id }) => id).join(', ')}`,
  });
}

/** The task and all tasks that it runs, each once, in the order in which they are first reached. Failure USAGE. */
export function tasksReached(plan: Plan, taskId: string): readonly TaskPlan[] {
  return follow(plan, taskId, () => true);
}

/** The same, but for what the steps of a routine that keeps going run: each of these may fail on its own, when its turn comes. */
export function tasksNeeded(plan: Plan, taskId: string): readonly TaskPlan[] {
  return follow(plan, taskId, ({ keepGoing }) => !keepGoing);
}

function follow(
  plan: Plan,
  taskId: string,
  isFollowed: (routine: RoutinePlan) => boolean,
): readonly TaskPlan[] {
  const reached = new Map<string, TaskPlan>();
  function visit(id: string): void {
    if (reached.has(id)) return;
    const task = findTask(plan, id);
    reached.set(id, task);
    if (task.type !== 'routine' || !isFollowed(task)) return;
    for (const step of task.steps) if (step.type === 'task') visit(step.taskId);
  }
  visit(taskId);
  return Array.from(reached.values());
}
