/** Which tasks a run of one task comes to. */
import type { Plan, TaskPlan } from '../../config/plan.js';
import { Failure } from '../../failure/failure.js';

/** The task and those its routine reaches, each once, in the order in which they are first reached. */
export function tasksReached(plan: Plan, taskId: string): readonly TaskPlan[] {
  const reached = new Map<string, TaskPlan>();
  function visit(id: string): void {
    if (reached.has(id)) return;
    const task = findTask(plan, id);
    reached.set(id, task);
    if (task.type !== 'routine') return;
    for (const step of task.steps) if (step.type === 'task') visit(step.taskId);
  }
  visit(taskId);
  return Array.from(reached.values());
}

function findTask(plan: Plan, id: string): TaskPlan {
  const task = plan.tasks.get(id);
  if (task !== undefined) return task;
  const known = Array.from(plan.tasks.keys(), (name) => `"${name}"`).join(', ');
  throw new Failure({
    code: 'CONFIG_UNKNOWN_ID',
    message: `There is no task "${id}".`,
    hint: known === '' ? 'define it under "tasks"' : `name one of the tasks there are: ${known}`,
  });
}
