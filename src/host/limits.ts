/** What to do when the system refuses palhm another descriptor or another process. */
import { isErrno } from '../failure/failure.js';

/** The hint of a Failure with this cause, when a limit of the process or the host is the cause. */
export function adviseOnLimits(cause: unknown): { readonly hint?: string } {
  if (isErrno(cause, 'EMFILE', 'ENFILE'))
    return {
      hint: 'raise the limit of open files (ulimit -n, LimitNOFILE=), or lower "nb-workers"',
    };
  if (isErrno(cause, 'EAGAIN'))
    return { hint: 'raise the limit of processes (ulimit -u, TasksMax=), or lower "nb-workers"' };
  return {};
}
