import type { DrillPlan } from '../../config/plan/plan.js';
import { Failure } from '../../failure/failure.js';
import { setLongTimer } from '../../host/timer.js';
import { formatDuration } from '../../units/duration.js';

export interface TimeLimit {
  /** Aborted with the given signal, or with a Failure STAGE_TIMEOUT. */
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
  const clear = setLongTimer(timeout.ms, () => late.abort(reason));
  return { signal: AbortSignal.any([signal, late.signal]), clear };
}
