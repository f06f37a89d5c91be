/** How work ends: with a value, or with the Failure that a user, a host or a store has caused. Only a defect is thrown. */
import { Failure, messageOf } from '../../failure/failure.js';
import type { Operation } from './operation.js';
import { redactFailure } from './redaction.js';

export type End<T> =
  | { readonly value: T; readonly failure: undefined }
  | { readonly value: undefined; readonly failure: Failure };

/** Does the work. A defect has no report, so what failed beside it is told here, before the defect is thrown again. */
export async function endOf<T>(operation: Operation, work: () => Promise<T>): Promise<End<T>> {
  try {
    return { value: await work(), failure: undefined };
  } catch (error) {
    const failure = asStop(operation, error);
    if (failure instanceof Failure)
      return { value: undefined, failure: redactFailure(failure, operation.redactor) };
    for (const one of operation.aftermath.failures)
      operation.emit({ type: 'failed', failure: one });
    throw error;
  }
}

/**
 * The reason of an abort that is not a Failure becomes a Failure TERMINATED with that reason as its cause: a front end that
 * calls `abort()` with no reason stops an operation as a signal does. Any other error is returned unchanged.
 */
export function asStop(operation: Pick<Operation, 'signal'>, error: unknown): unknown {
  if (!isStop(operation, error) || error instanceof Failure) return error;
  return new Failure({
    code: 'TERMINATED',
    message: `stopped by whoever started it: ${messageOf(error)}`,
    cause: error,
  });
}

/** Whether this is the reason for which the operation was stopped. */
export function isStop({ signal }: Pick<Operation, 'signal'>, error: unknown): boolean {
  return signal.aborted && error === signal.reason;
}
