/** `palhm config graph`: a drawing of tasks, groups, objects and sinks. The same config always gives the same text. */
import type { Plan } from '../../config/plan/plan.js';
import { assertNever } from '../../failure/failure.js';
import { renderDot } from './graph-dot.js';
import { renderMermaid } from './graph-mermaid.js';
import { outlineOf } from './graph-outline.js';

export type GraphFormat = 'mermaid' | 'dot';

export function renderGraph(plan: Plan, format: GraphFormat): string {
  const tasks = outlineOf(plan);
  switch (format) {
    case 'mermaid':
      return renderMermaid(tasks);
    case 'dot':
      return renderDot(tasks);
    default:
      return assertNever(format);
  }
}
