/** Configs as Plans. */
import { loadPlan } from '../../src/config/load.js';
import type { Plan } from '../../src/config/plan/plan.js';

export function loadFile(path: string): Promise<Plan> {
  return loadPlan({ type: 'file', path });
}

/** Relative paths in the text are below `/etc/palhm`. */
export function loadText(text: string): Promise<Plan> {
  return loadPlan({ type: 'text', text, name: 'text', directory: '/etc/palhm' });
}
