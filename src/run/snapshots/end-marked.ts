import { findByEnvironment } from '../../host/proc.js';
import { signalUntilGone } from '../../host/signal-processes.js';

const GRACE_MS = 2000;
const KILL_MS = 5000;

/** Ends every process with this entry in its environment, whatever session it is in. False when one could not be ended. */
export async function endMarked(mark: string): Promise<boolean> {
  const find = () => findByEnvironment((entries) => entries.includes(mark));
  return (
    (await signalUntilGone({ find, signal: 'SIGTERM', patienceMs: GRACE_MS })) ||
    (await signalUntilGone({ find, signal: 'SIGKILL', patienceMs: KILL_MS }))
  );
}
