/** Named lists of programs: the phases of a drill, hooks. */
import type { ExecPlan, HooksPlan } from '../../config/plan/plan.js';
import { renderConditions, renderExec } from './exec.js';

/** No line for an empty list. */
export function renderSteps(name: string, execs: readonly ExecPlan[]): readonly string[] {
  if (execs.length === 0) return [];
  const steps = execs.flatMap((exec, index) => [
    `  ${index + 1}. ${renderExec(exec)}`,
    ...renderConditions(exec, '').map((line) => `   ${line}`),
  ]);
  return [name, ...steps];
}

export function renderHooks({ before, after, onError, always }: HooksPlan): readonly string[] {
  return [
    ...renderSteps('before', before),
    ...renderSteps('after', after),
    ...renderSteps('on-error', onError),
    ...renderSteps('always', always),
  ];
}
