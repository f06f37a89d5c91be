/** Advice for the case that the system refuses another descriptor or another process. */
import { isErrno } from '../failure/failure.js';

/** The hint for a Failure with this cause. Undefined when the cause is not a limit of the process or the host. */
export function adviseOnLimits(cause: unknown): string | undefined {
  if (isErrno(cause, 'EMFILE', 'ENFILE'))
    return 'raise the limit of open files (ulimit -n, LimitNOFILE=), or lower "nb-workers"';
  if (isErrno(cause, 'EAGAIN'))
    return 'raise the limit of processes (ulimit -u, TasksMax=), or lower "nb-workers"';
  return undefined;
}
