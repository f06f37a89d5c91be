/** `palhm run`: run a task, or print what would be run. */
import type { Plan } from '../../config/plan/plan.js';
import { findTask, tasksReached } from '../../config/plan/tasks.js';
import { Failure } from '../../failure/failure.js';
import { planRehearsal, requireObjects } from '../../run/rehearsal.js';
import { runTask } from '../../run/task.js';
import { factsOf } from '../../sink/registry.js';
import type { GlobalOptions } from '../global-options.js';
import { checkHost, openPlan, operate } from '../session.js';

export interface RunCommandOptions {
  readonly dryRun?: boolean;
  readonly only?: readonly string[];
  readonly acceptSize?: readonly string[];
  readonly plan?: boolean;
  readonly json?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
}

export async function run(
  options: GlobalOptions,
  task: string,
  command: RunCommandOptions,
): Promise<void> {
  const { dryRun = false, only = [], acceptSize = [], wait = 0 } = command;
  if (only.length > 0 && !dryRun) throw refuseOnly();
  if (command.json === true && command.plan !== true) throw refuseJson();
  const whole = await openPlan(options);
  findTask(whole, task);
  if (acceptSize.length > 0) {
    const backups = tasksReached(whole, task).filter((one) => one.type === 'backup');
    requireObjects(backups, acceptSize);
  }
  const plan = dryRun ? planRehearsal(whole, { task, only }) : whole;
  await checkHost(plan, [task]);
  if (command.plan === true) return await printPlan(plan, task, command);
  await operate(options, plan, (operation) =>
    runTask(operation, task, { waitMs: wait, acceptedSizes: acceptSize }),
  );
}

function refuseOnly(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--only works with --dry-run alone: a copy is whole or it is none',
    hint: 'add --dry-run',
  });
}

function refuseJson(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--json works with --plan alone: a run has no data to print',
    hint: 'for its events as JSON: palhm --log-format json run',
  });
}

/** What is rendered is loaded only here: a run that starts every night need not read it. */
async function printPlan(
  plan: Plan,
  task: string,
  { json = false }: RunCommandOptions,
): Promise<void> {
  if (json) {
    const { renderPlanJson } = await import('../../wire/plan-json.js');
    process.stdout.write(renderPlanJson({ plan, taskId: task, factsOf }));
  } else {
    const { renderPlan } = await import('../../report/plan/plan-text.js');
    process.stdout.write(renderPlan(plan, task));
  }
}
