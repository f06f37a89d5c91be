import type { BackupPlan, Plan, TaskPlan } from '../../config/plan/plan.js';
import { spanOf } from '../../config/plan/spans.js';
import { tasksNeeded, tasksReached } from '../../config/plan/tasks.js';
import {
  ConfigErrors,
  type Diagnostic,
  sortDiagnostics,
  toDiagnostic,
} from '../../config/read/diagnostics.js';
import { findMissingExecutables } from '../../exec/needs.js';
import type { Environment } from '../../exec/values.js';
import { checkSource } from '../../snapshot/registry.js';
import { placesWritten } from '../snapshots/written-places.js';

/**
 * Throws ConfigErrors with everything that a host with this environment lacks to run these tasks, and their drills; what the steps
 * of a routine that keeps going lack is no concern of the others. `left`: as of ConfigErrors. Failure HOST_UNFIT, STAGE_NOT_STARTED when palhm cannot start any stage here.
 */
export async function confirmHost(
  plan: Plan,
  taskIds: readonly string[],
  needs: { readonly inherited: Environment; readonly drills?: boolean; readonly left?: string },
): Promise<void> {
  const executables = await findMissingExecutables(plan, taskIds, needs);
  const reached = taskIds.map((id) => tasksReached(plan, id));
  const needed = new Set(taskIds.flatMap((id) => tasksNeeded(plan, id)));
  const backups = [...needed].filter((task) => task.type === 'backup');
  const checks = backups.map((backup) => {
    const ways = reached.filter((tasks) => tasks.includes(backup));
    const written = placesWritten(backup, needs.inherited);
    return checkSnapshots(backup, { written, mayCome: ways.flat().some(runsSomethingFirst) });
  });
  const snapshots = (await Promise.all(checks)).flat();
  const ofClients = backups.flatMap(({ client }) => client?.problems ?? []);
  const problems = sortDiagnostics([...executables, ...snapshots, ...ofClients], plan.files);
  if (problems.length > 0) throw new ConfigErrors(problems, needs.left);
}

/** What a program mounts, or makes, is not there yet. */
function runsSomethingFirst(task: TaskPlan): boolean {
  const isStep = task.type === 'routine' && task.steps.some(({ type }) => type === 'exec');
  return isStep || task.hooks.before.length > 0;
}

async function checkSnapshots(
  { groups }: BackupPlan,
  { written, mayCome }: { readonly written: readonly string[]; readonly mayCome: boolean },
): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { snapshot, hooks } of groups) {
    const span = snapshot && spanOf(snapshot.source);
    if (snapshot === undefined || span === undefined) continue;
    for (const problem of await checkSource(snapshot.source, written)) {
      const { message, hint, isProgram, isFinal = isProgram } = problem;
      const code = isProgram ? 'CONFIG_EXECUTABLE' : 'CONFIG_VALUE';
      if (isFinal || !(mayCome || hooks.before.length > 0))
        found.push(toDiagnostic({ code, message, hint, at: span }));
    }
  }
  return found;
}
