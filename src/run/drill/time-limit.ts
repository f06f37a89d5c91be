import type { DrillPlan } from '../../config/plan/plan.js';
import { Failure } from '../../failure/failure.js';
import { formatDuration } from '../../units/duration.js';

/** The longest that a timer of Node can wait: 24.8 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface TimeLimit {
  /** Aborted by the given signal, or with a Failure STAGE_TIMEOUT. */
  readonly signal: AbortSignal;
  clear(): void;
}

export function limitTime(signal: AbortSignal, { timeout, place }: DrillPlan): TimeLimit {
  if (timeout === undefined) return { signal, clear: () => {} };
  const late = new AbortController();
  const reason = new Failure({
    code: 'STAGE_TIMEOUT',
    message: `the drill ran longer than its timeout of ${formatDuration(timeout)}`,
    hint: 'find out why it takes so long, or raise its "timeout"',
    place,
  });
  const timer = setTimeout(() => late.abort(reason), Math.min(timeout.ms, LONGEST_TIMER_MS));
  return { signal: AbortSignal.any([signal, late.signal]), clear: () => clearTimeout(timer) };
}
