/** `palhm run`: run a task, or print what would be run. */
import { Failure } from '../../failure/failure.js';
import { findTask } from '../../run/operation.js';
import { runTask } from '../../run/task.js';
import type { GlobalOptions } from '../global-options.js';
import { renderPlanJson } from '../render/plan-json.js';
import { renderPlan } from '../render/plan-text.js';
import { checkHost, openPlan, operate } from '../session.js';

export interface RunCommandOptions {
  readonly dryRun?: boolean;
  readonly only?: readonly string[];
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
  const { dryRun = false, only = [], wait = 0 } = command;
  if (only.length > 0 && !dryRun) throw refuseOnly();
  const plan = await openPlan(options);
  findTask(plan, task);
  await checkHost(plan, [task]);
  if (command.plan === true) {
    process.stdout.write(
      command.json === true ? renderPlanJson(plan, task) : renderPlan(plan, task),
    );
    return;
  }
  await operate(options, plan, (operation) =>
    runTask(operation, task, { dryRun, only, waitMs: wait }),
  );
}

function refuseOnly(): Failure {
  return new Failure({
    code: 'USAGE',
    message: '--only works with --dry-run alone: a copy is whole or it is none',
    hint: 'add --dry-run',
  });
}
