/** Failures of every kind of snapshot. */
import { Failure, messageOf } from '../failure/failure.js';
import { isSystemError } from '../host/sink-failure.js';

/** Does the work; what the system refuses is a Failure SNAPSHOT_FAILED. */
export async function asSnapshotFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSystemError(error) ? snapshotFailure(messageOf(error)) : error;
  }
}

export function snapshotFailure(message: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message,
    hint: 'see what "palhm config check" says of the snapshot',
  });
}
