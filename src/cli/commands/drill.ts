/** `palhm drill`: prove that a copy can be restored. */

import { findBackup } from '../../config/plan/tasks.js';
import { ConfigErrors } from '../../config/read/diagnostics.js';
import { findMissingForDrill } from '../../exec/needs.js';
import { drillOf, runDrill } from '../../run/drill/drill.js';
import type { GlobalOptions } from '../global-options.js';
import { openPlan, operate } from '../session.js';

export interface DrillCommandOptions {
  readonly task: string;
  /** A prefix, or `latest`. */
  readonly copy: string;
}

/** The programs of the backup are not looked for: a drill may run on another host. */
export async function drill(
  options: GlobalOptions,
  { task, copy }: DrillCommandOptions,
): Promise<void> {
  const plan = await openPlan(options);
  const backup = findBackup(plan, task);
  drillOf(backup);
  const problems = await findMissingForDrill(plan, backup, process.env);
  if (problems.length > 0) throw new ConfigErrors(problems);
  await operate(options, plan, (operation) => runDrill(operation, { backup, copy }));
}
