import type { Plan } from '../../config/plan/plan.js';
import { ConfigErrors } from '../../config/read/diagnostics.js';
import { findMissingExecutables } from '../../exec/needs.js';
import type { Environment } from '../../exec/values.js';

/**
 * Throws ConfigErrors with everything that a host with this environment lacks to run these tasks, and their drills. Failure
 * HOST_UNFIT, STAGE_NOT_STARTED when palhm cannot start any stage here.
 */
export async function confirmHost(
  plan: Plan,
  taskIds: readonly string[],
  needs: { readonly inherited: Environment; readonly drills?: boolean },
): Promise<void> {
  const problems = await findMissingExecutables(plan, taskIds, needs);
  if (problems.length > 0) throw new ConfigErrors(problems);
}
