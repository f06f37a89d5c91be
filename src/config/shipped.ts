/** The config that ships with palhm. */
import { fileURLToPath } from 'node:url';
import { loadPlan } from './load.js';
import type { Plan } from './plan/plan.js';

/** The execs of conf.d as a Plan without tasks. */
export function loadShippedPlan(): Promise<Plan> {
  return loadPlan(fileURLToPath(new URL('../../../conf.d/core.json', import.meta.url)));
}
