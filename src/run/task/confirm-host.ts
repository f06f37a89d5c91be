import type { BackupPlan, Plan } from '../../config/plan/plan.js';
import { spanOf } from '../../config/plan/spans.js';
import { tasksReached } from '../../config/plan/tasks.js';
import {
  ConfigErrors,
  type Diagnostic,
  sortDiagnostics,
  toDiagnostic,
} from '../../config/read/diagnostics.js';
import { findMissingExecutables } from '../../exec/needs.js';
import type { Environment } from '../../exec/values.js';
import { checkSource } from '../../snapshot/registry.js';

/**
 * Throws ConfigErrors with everything that a host with this environment lacks to run these tasks, and their drills. Failure
 * HOST_UNFIT, STAGE_NOT_STARTED when palhm cannot start any stage here.
 */
export async function confirmHost(
  plan: Plan,
  taskIds: readonly string[],
  needs: { readonly inherited: Environment; readonly drills?: boolean },
): Promise<void> {
  const executables = await findMissingExecutables(plan, taskIds, needs);
  const tasks = new Set(taskIds.flatMap((id) => tasksReached(plan, id)));
  const backups = [...tasks].filter((task) => task.type === 'backup');
  const snapshots = (await Promise.all(backups.map(checkSnapshots))).flat();
  const problems = sortDiagnostics([...executables, ...snapshots], plan.files);
  if (problems.length > 0) throw new ConfigErrors(problems);
}

async function checkSnapshots({ hooks, groups }: BackupPlan): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { snapshot, hooks: own } of groups) {
    const span = snapshot && spanOf(snapshot.source);
    if (snapshot === undefined || span === undefined) continue;
    // What a hook mounts, or makes, is not there yet.
    const mayCome = hooks.before.length + own.before.length > 0;
    for (const { message, hint, isProgram } of await checkSource(snapshot.source)) {
      const code = isProgram ? 'CONFIG_EXECUTABLE' : 'CONFIG_VALUE';
      if (isProgram || !mayCome) found.push(toDiagnostic({ code, message, hint, at: span }));
    }
  }
  return found;
}
