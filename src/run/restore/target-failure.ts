/** How an error of the target of a restore becomes a Failure. */
import { Failure, isErrno, messageOf } from '../../failure/failure.js';
import { adviseOnLimits } from '../../host/limits.js';
import { isSystemError } from '../../host/sink-failure.js';
import { freeSpace, isFull } from '../../host/space.js';

/** Does the work; an error of the system in it becomes TARGET_FULL or TARGET_UNUSABLE. `doing` follows "cannot". */
export async function asTargetFailure<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw targetFailureOf(error, doing);
  }
}

/** The same for an error that was caught. An error that is not one of the system is returned unchanged. */
export function targetFailureOf(error: unknown, doing: string): unknown {
  if (error instanceof Failure || !isSystemError(error)) return error;
  const full = isErrno(error, 'ENOSPC', 'EDQUOT');
  return new Failure({
    code: full ? 'TARGET_FULL' : 'TARGET_UNUSABLE',
    message: `cannot ${doing}: ${messageOf(error)}`,
    hint: full ? HINT_FULL : (adviseOnLimits(error) ?? HINT_OTHER),
    cause: error,
  });
}

const HINT_OTHER = 'name another place, which this user may write to';
const HINT_FULL = 'free some space (df, df -i, quota), or name another directory with --to';

/** When the disk is full, a stage that failed could not write on: then Failure TARGET_FULL, else the same error. */
export async function explainFull(error: unknown, directory: string): Promise<unknown> {
  if (!(error instanceof Failure) || error.code === 'COPY_DAMAGED') return error;
  if (!(await hasNoSpace(directory))) return error;
  return new Failure({
    code: 'TARGET_FULL',
    message: `the file system of ${directory} is full`,
    details: [error.message, ...error.details],
    hint: HINT_FULL,
    cause: error,
  });
}

async function hasNoSpace(directory: string): Promise<boolean> {
  try {
    return isFull(await freeSpace(directory));
  } catch {
    return false;
  }
}

export function unusable(message: string, hint: string): Failure {
  return new Failure({ code: 'TARGET_UNUSABLE', message, hint });
}

/** `path`: of a device or of a file that is a disk. */
export function inUse(path: string, users: readonly string[]): Failure {
  return new Failure({
    code: 'TARGET_UNUSABLE',
    message: `${path} is in use`,
    details: [...users, 'Nothing was written.'],
    hint: 'see lsblk, losetup and swapon; end its use first, or name another place. --force does not change this',
  });
}
