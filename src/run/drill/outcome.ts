/** What became of a drill: recorded beside the manifest, told, and turned into how palhm ends. */
import { type DrillRecord } from '../../copy/records.js';
import { Failure } from '../../failure/failure.js';
import { renderDrillRecord } from '../../wire/records.js';
import { HOST } from '../identity.js';
import { isVerdict } from './judgement.js';
import type { DrillSubject } from './subject.js';

export interface Outcome {
  /** Undefined: it passed. */
  readonly failure: Failure | undefined;
  /** What went wrong with the cleaning up. */
  readonly untidy: readonly Failure[];
}

export interface Started {
  /** ISO 8601. */
  readonly at: string;
  /** By the monotonic clock. */
  readonly sinceMs: number;
}

/** Returns only when the drill passed, was recorded, and left nothing behind. */
export async function conclude(
  subject: DrillSubject,
  { failure, untidy }: Outcome,
  { at, sinceMs }: Started,
): Promise<void> {
  const { operation, backup, prefix } = subject;
  if (failure !== undefined && !isVerdict(failure))
    throw failure.withDetails([...tellUntidy(untidy), 'no result was recorded']);
  const result = failure === undefined ? 'passed' : 'failed';
  const durationMs = performance.now() - sinceMs;
  const problem = failure?.message ?? null;
  const record = { at, host: HOST, result, durationMs: Math.round(durationMs), problem } as const;
  const unrecorded = await writeDown(subject, record);
  // What could not be read any more because rotation took the copy away says nothing about it.
  if (failure !== undefined && isGone(unrecorded)) throw goneMeanwhile(unrecorded, untidy);
  operation.emit({ type: 'drill-finished', task: backup.id, prefix, result, durationMs });
  const recorded = unrecorded?.message ?? 'the result was recorded beside the manifest';
  if (failure !== undefined) throw failure.withDetails([...tellUntidy(untidy), recorded]);
  const [first, ...others] = untidy;
  if (first !== undefined)
    throw first.withDetails([...tellUntidy(others), `the drill passed; ${recorded}`]);
  if (unrecorded !== undefined) throw unrecorded;
}

function isGone(unrecorded: Failure | undefined): unrecorded is Failure {
  return unrecorded?.cause instanceof Failure && unrecorded.cause.code === 'COPY_NOT_FOUND';
}

function goneMeanwhile({ cause }: Failure, untidy: readonly Failure[]): Failure {
  return new Failure({
    code: 'COPY_NOT_FOUND',
    message: 'the copy was removed while it was drilled',
    details: tellUntidy(untidy),
    hint: 'run the drill again: it takes the newest copy unless told otherwise',
    cause,
  });
}

function tellUntidy(untidy: readonly Failure[]): readonly string[] {
  return untidy.flatMap(({ message, details }) => [message, ...details]);
}

async function writeDown(
  { stored }: DrillSubject,
  record: DrillRecord,
): Promise<Failure | undefined> {
  try {
    await stored.writeRecord('drill', renderDrillRecord(record));
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return new Failure({
      code: 'DRILL_NOT_RECORDED',
      message: `the result could not be recorded: ${error.message}`,
      details: error.details,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}
