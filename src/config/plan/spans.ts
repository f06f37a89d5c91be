/**
 * Where the parts of a Plan that the host has to bear out were written. Kept beside the Plan, not in it: only config
 * points at bytes, and a Plan made by hand has none.
 */

import type { Span } from '../read/source.js';
import type { ExecPlan } from './plan.js';

export interface ExecSpans {
  readonly program: Span;
  readonly cwd: Span | undefined;
  readonly user: Span | undefined;
}

const spans = new WeakMap<ExecPlan, ExecSpans>();

export function rememberSpans(exec: ExecPlan, where: ExecSpans): ExecPlan {
  spans.set(exec, where);
  return exec;
}

export function spansOf(exec: ExecPlan): ExecSpans | undefined {
  return spans.get(exec);
}
