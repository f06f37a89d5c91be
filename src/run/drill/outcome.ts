/** The outcome of a drill: recorded beside the manifest, told as an event, and thrown when it is a failure. */
import { Failure, failureOf } from '../../failure/failure.js';
import { renderDrillRecord } from '../../wire/records.js';
import type { DrillSubject } from './drill-run.js';
import { isVerdict } from './step-failure.js';

export interface Outcome {
  /** When the drill began, in ISO 8601. */
  readonly at: string;
  /** The same by the monotonic clock. */
  readonly sinceMs: number;
  readonly failure: Failure | undefined;
}

/** Returns when the drill passed, throws its failure otherwise. A failure of the recording goes to the aftermath. */
export async function recordOutcome(
  subject: DrillSubject,
  { at, sinceMs, failure }: Outcome,
): Promise<void> {
  const { operation, stored, prefix } = subject;
  if (failure !== undefined && !isVerdict(failure))
    throw failure.withDetails(['no result was recorded']);
  const result = failure === undefined ? 'passed' : 'failed';
  const durationMs = performance.now() - sinceMs;
  const problem = failure === undefined ? null : operation.redactor.redact(failure.message);
  const { name: host } = operation.host;
  const record = { at, host, result, durationMs: Math.round(durationMs), problem } as const;
  const unrecorded = await failureOf(() => stored.writeRecord('drill', renderDrillRecord(record)));
  // A copy that rotation removed during the drill could not be read for that reason alone: that says nothing about it.
  if (failure !== undefined && unrecorded?.code === 'COPY_NOT_FOUND')
    throw removedMeanwhile(unrecorded);
  operation.emit({ type: 'drill-finished', prefix, result, durationMs });
  if (unrecorded !== undefined) operation.aftermath.add(notRecorded(unrecorded));
  if (failure !== undefined)
    throw failure.withDetails(
      unrecorded === undefined ? ['the result was recorded beside the manifest'] : [],
    );
}

function removedMeanwhile(cause: Failure): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: 'the copy was removed while it was drilled',
    hint: 'run the drill again: it takes the newest copy unless told otherwise',
    cause,
  });
}

function notRecorded(failure: Failure): Failure {
  return failure.as({
    code: 'DRILL_NOT_RECORDED',
    message: `the result could not be recorded: ${failure.message}`,
  });
}
