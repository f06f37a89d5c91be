import { findByEnvironment, findPipeUsers } from '../../host/proc.js';
import { signalUntilGone } from '../../host/signal-processes.js';

const GRACE_MS = 2000;
const KILL_MS = 5000;

/**
 * Ends every process with this entry in its environment, whatever session it is in. `pipe`: and each that has this open, as those of a
 * session that `su -` or sudo has given a clean environment. False when one could not be ended.
 */
export async function endMarked(mark: string, pipe?: string): Promise<boolean> {
  const find = async () => [
    ...(await findByEnvironment((entries) => entries.includes(mark))),
    ...(pipe === undefined ? [] : await findPipeUsers(pipe)),
  ];
  return (
    (await signalUntilGone({ find, signal: 'SIGTERM', patienceMs: GRACE_MS })) ||
    (await signalUntilGone({ find, signal: 'SIGKILL', patienceMs: KILL_MS }))
  );
}
