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

/** What was read is of no one instant. `what`: what others have done to it. */
export function snapshotLost(what: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_LOST',
    message: `${what} while it was read`,
    hint: 'see who does that: another backup, a clean-up of snapshots, the agent of a hypervisor; and run the backup again',
  });
}

export function snapshotFailure(message: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message,
    hint: 'see what "palhm config check" says of the snapshot',
  });
}
