/** Named lists of programs: the phases of a drill, hooks, what runs around a restore. */
import type { ExecPlan, HooksPlan, RecoveryPlan } from '../../config/plan/plan.js';
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

export function renderRecovery({ pre, end, post }: RecoveryPlan): readonly string[] {
  return [
    ...renderSteps('pre-recovery', pre),
    ...renderSteps('end-recovery', end),
    ...renderSteps('post-recovery', post),
  ];
}
