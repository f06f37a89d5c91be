/** The config that ships with palhm. */
import { fileURLToPath } from 'node:url';
import { loadPlan } from './load.js';
import type { Plan } from './plan/plan.js';
import type { PlanCache } from './plan-cache.js';

/** The execs of conf.d as a Plan without tasks. */
export function loadShippedPlan(cache?: PlanCache): Promise<Plan> {
  const path = fileURLToPath(new URL('../../../conf.d/core.json', import.meta.url));
  return loadPlan({ type: 'file', path }, cache);
}
