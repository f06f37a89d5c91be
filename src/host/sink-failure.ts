/** Turns errors of the file system into Failures. */
import { Failure, isErrno, messageOf } from '../failure/failure.js';
import { adviseOnLimits } from './limits.js';

/**
 * Does the work. An error of the system becomes a Failure SINK_FULL or SINK_UNAVAILABLE. Any other error is thrown
 * unchanged.
 */
export async function asSinkFailure<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sinkFailureOf(error, doing);
  }
}

/** Returns the Failure, or an error that is not one of the system unchanged. `doing` follows "cannot": `write /media/x`. */
export function sinkFailureOf(error: unknown, doing: string): unknown {
  if (error instanceof Failure || !isSystemError(error)) return error;
  const full = isErrno(error, 'ENOSPC', 'EDQUOT');
  return new Failure({
    code: full ? 'SINK_FULL' : 'SINK_UNAVAILABLE',
    message: `cannot ${doing}: ${messageOf(error)}`,
    hint: full ? HINT_FULL : hintFor(error),
    cause: error,
  });
}

export const HINT_FULL =
  'free some space (df, df -i, quota), or have the rotation keep less and run palhm rotate';

function hintFor(error: unknown): string {
  const hint = adviseOnLimits(error);
  if (hint !== undefined) return hint;
  if (isErrno(error, 'EFBIG'))
    return 'raise the limit of the size of files (ulimit -f, LimitFSIZE=); or the file system takes no larger ones';
  if (isErrno(error, 'EROFS'))
    return 'the file system is mounted read-only: see dmesg, then remount it';
  if (isErrno(error, 'EACCES', 'EPERM')) {
    return 'run as a user who may do that, or change the owner or the mode of the root; what nobody may change is immutable (lsattr)';
  }
  if (isErrno(error, 'ESTALE', 'EIO', 'ENXIO', 'ETIMEDOUT', 'EHOSTDOWN')) {
    return 'the store or the way to it is failing: see dmesg and the state of the mount';
  }
  return 'look at the root and at the state of its mount';
}

/** True for an error of the system, as opposed to a defect. */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'errno' in error && 'code' in error;
}
