/** What became of a drill: recorded beside the manifest, told, and turned into how palhm ends. */
import { Failure, failureOf } from '../../failure/failure.js';
import { renderDrillRecord } from '../../wire/records.js';
import type { DrillSubject } from './drill-run.js';
import { isVerdict } from './step-failure.js';

export interface Started {
  /** ISO 8601. */
  readonly at: string;
  /** By the monotonic clock. */
  readonly sinceMs: number;
}

/** Returns when the drill passed. That it could not be recorded goes to the aftermath. */
export async function conclude(
  subject: DrillSubject,
  failure: Failure | undefined,
  { at, sinceMs }: Started,
): Promise<void> {
  const { operation, stored, prefix } = subject;
  if (failure !== undefined && !isVerdict(failure))
    throw failure.withDetails(['no result was recorded']);
  const result = failure === undefined ? 'passed' : 'failed';
  const durationMs = performance.now() - sinceMs;
  const problem = failure?.message ?? null;
  const { name: host } = operation.host;
  const record = { at, host, result, durationMs: Math.round(durationMs), problem } as const;
  const unrecorded = await failureOf(() => stored.writeRecord('drill', renderDrillRecord(record)));
  // What could not be read any more because rotation took the copy away says nothing about it.
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
