/** A drill as text, for `run --plan` and `config check`. */
import type { DrillPlan, DrillRestorePlan, ExecPlan } from '../../config/plan/plan.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls } from '../../units/escape.js';
import { renderConditions, renderExec } from './exec.js';

export function renderDrill(drill: DrillPlan): readonly string[] {
  const { user, timeout, prepare, restore, check, cleanUp } = drill;
  const conditions = [
    ...(timeout === undefined ? [] : [`ends within ${formatDuration(timeout)}`]),
    ...(user === undefined ? [] : [`the scratch directory is of ${escapeControls(user)}`]),
  ];
  return [
    `  ${['drill', ...conditions].join(', ')}`,
    ...renderSteps('prepare', prepare),
    ...restore.flatMap(renderRestore),
    ...renderSteps('check', check),
    ...renderSteps('clean-up', cleanUp),
  ];
}

function renderRestore({ object, pipeline }: DrillRestorePlan): readonly string[] {
  return [
    `    restore ${escapeControls(object)}`,
    `      ${pipeline.map(renderExec).join(' | ')}`,
    ...pipeline.flatMap((exec, index) =>
      renderConditions(exec, `stage ${index + 1} `).map((line) => `    ${line}`),
    ),
  ];
}

function renderSteps(phase: string, execs: readonly ExecPlan[]): readonly string[] {
  if (execs.length === 0) return [];
  const steps = execs.flatMap((exec, index) => [
    `      ${index + 1}. ${renderExec(exec)}`,
    ...renderConditions(exec, '').map((line) => `       ${line}`),
  ]);
  return [`    ${phase}`, ...steps];
}
