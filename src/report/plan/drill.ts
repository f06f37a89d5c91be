/** A drill as text, for `run --plan` and `config check`. */
import type { DrillPlan, DrillRestorePlan } from '../../config/plan/plan.js';
import { formatDuration } from '../../units/duration.js';
import { escapeControls } from '../../units/escape.js';
import { renderConditions, renderExec } from './exec.js';
import { renderSteps } from './steps.js';

export function renderDrill(drill: DrillPlan): readonly string[] {
  const { user, timeout, prepare, restore, check, cleanUp } = drill;
  const conditions = [
    ...(timeout === undefined ? [] : [`ends within ${formatDuration(timeout)}`]),
    ...(user === undefined ? [] : [`the scratch directory is of ${escapeControls(user)}`]),
  ];
  return [
    `  ${['drill', ...conditions].join(', ')}`,
    ...renderSteps('prepare', prepare).map((line) => `    ${line}`),
    ...restore.flatMap(renderRestore),
    ...renderSteps('check', check).map((line) => `    ${line}`),
    ...renderSteps('clean-up', cleanUp).map((line) => `    ${line}`),
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
