/**
 * The processes of a run: those that have the run in their environment, whoever started them and whatever session they are
 * in. That is how the next run finds what a dead one left, and how a run that fails leaves nothing behind.
 */
import { findByEnvironment, type Process } from './proc.js';
import { keyOf, signalUntilGone } from './signal-processes.js';
import { sinkFailureOf } from './sink-failure.js';

const GRACE_MS = 1000;
/** SIGKILL acts at once, except on a process in an uninterruptible wait for a device. */
const KILL_MS = 5000;

export interface Ending {
  /** Between SIGTERM and SIGKILL; by default 1 s. */
  readonly graceMs?: number;
  /** Only these of them. */
  readonly isMeant?: (found: Process) => boolean;
}

/**
 * Ends every process that has `PALHM_RUN=run` in its environment, but never this one. Returns how many there were. Failure
 * SINK_UNAVAILABLE when /proc cannot be read, for want of descriptors, during the whole grace.
 */
export async function endProcessesOfRun(run: string, ending: Ending = {}): Promise<number> {
  const { graceMs = GRACE_MS, isMeant = () => true } = ending;
  const ended = new Set<string>();
  const round = {
    find: async () => (await findByEnvironment(`PALHM_RUN=${run}`)).filter(isMeant),
    onTold: (one: Process) => void ended.add(keyOf(one)),
  };
  try {
    const isGone = await signalUntilGone({ ...round, signal: 'SIGTERM', patienceMs: graceMs });
    if (!isGone) await signalUntilGone({ ...round, signal: 'SIGKILL', patienceMs: KILL_MS });
  } catch (error) {
    throw sinkFailureOf(error, `look for the processes of run ${run}`);
  }
  return ended.size;
}
