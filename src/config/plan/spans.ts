/**
 * Where the parts of an exec that need something of the host stand in the config: for problems that are found on the
 * host. They are beside the Plan, not in it, because a Plan knows no texts, and one that a program builds has none.
 */
import type { Span } from '../read/source.js';
import type { ExecPlan } from './plan.js';

export interface ExecSpans {
  readonly program: Span;
  readonly cwd: Span | undefined;
  readonly user: Span | undefined;
}

const spans = new WeakMap<ExecPlan, ExecSpans>();
const others = new WeakMap<object, Span>();

/** The same part of a plan, with the span that its problems on the host are reported at. */
export function withSpan<T extends object>(part: T, span: Span): T {
  others.set(part, span);
  return part;
}

export function spanOf(part: object): Span | undefined {
  return others.get(part);
}

/** The same exec, with its spans noted. */
export function withSpans(exec: ExecPlan, own: ExecSpans): ExecPlan {
  spans.set(exec, own);
  return exec;
}

/** An exec that is derived from another has the spans of that one, apart from those that are given. */
export function withSpansOf(
  original: ExecPlan,
  exec: ExecPlan,
  changes: Partial<ExecSpans> = {},
): ExecPlan {
  const inherited = spans.get(original);
  return inherited === undefined ? exec : withSpans(exec, { ...inherited, ...changes });
}

export function spansOf(exec: ExecPlan): ExecSpans | undefined {
  return spans.get(exec);
}
