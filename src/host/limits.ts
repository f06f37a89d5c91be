/** Advice for the case that the system refuses another descriptor or another process, or so long a command. */
import { isErrno } from '../failure/failure.js';

/** The hint for a Failure with this cause. Undefined when the cause is not a limit of the process or the host. */
export function adviseOnLimits(cause: unknown): string | undefined {
  if (isErrno(cause, 'EMFILE', 'ENFILE'))
    return 'raise the limit of open files (ulimit -n, LimitNOFILE=), or lower "nb-workers"';
  if (isErrno(cause, 'EAGAIN'))
    return 'raise the limit of processes (ulimit -u, TasksMax=), or lower "nb-workers"';
  if (isErrno(cause, 'E2BIG')) return HINT_TOO_LONG;
  return undefined;
}

/** MAX_ARG_STRLEN, and what is usual of ARG_MAX: execve(2). */
export const HINT_TOO_LONG =
  'an argument or a variable may have 128 KiB, all of them together 2 MiB: give the program the text by a file, or in parts';
