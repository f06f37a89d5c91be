import { Failure, messageOf } from '../../failure/failure.js';
import type { Operation } from './operation.js';

/**
 * Does the work. When an abort ends it and the reason of the abort is not a Failure, throws a Failure TERMINATED with that
 * reason as its cause: a front end that calls `abort()` with no reason stops an operation as a signal does.
 */
export async function withFailureAsReason<T>(
  { signal }: Pick<Operation, 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted || error !== signal.reason || error instanceof Failure) throw error;
    throw new Failure({
      code: 'TERMINATED',
      message: `stopped by whoever started it: ${messageOf(error)}`,
      cause: error,
    });
  }
}
