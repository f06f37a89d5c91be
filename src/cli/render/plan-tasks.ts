/** Which tasks a run of one task comes to. */
import type { Plan, TaskPlan } from '../../config/plan.js';
import { findTask } from '../../run/find-task.js';

/** The task and those its routine reaches, each once, in the order in which they are first reached. Failure USAGE. */
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
