import type { Plan } from '../config/plan/plan.js';
import { ConfigErrors } from '../config/read/diagnostics.js';
import { findMissingExecutables } from '../exec/needs.js';

/** Fails with everything that this host lacks to run these tasks, and their drills when asked to. ConfigErrors. */
export async function confirmHost(
  plan: Plan,
  taskIds: readonly string[],
  { drills = false }: { readonly drills?: boolean } = {},
): Promise<void> {
  const problems = await findMissingExecutables(plan, taskIds, { drills });
  if (problems.length > 0) throw new ConfigErrors(problems);
}
