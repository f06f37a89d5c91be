/**
 * The processes of a run whose palhm has died: those that have the run in their environment. They are not children of this
 * process, so it cannot wait for their end: it reads /proc until they have ended.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { findByEnvironment } from './proc.js';
import { sinkFailureOf } from './sink-failure.js';

const GRACE_MS = 1000;
/** SIGKILL acts at once, except on a process in an uninterruptible wait for a device. */
const KILL_MS = 5000;
const POLL_MS = 20;

/**
 * Ends every process that has `PALHM_RUN=runId` in its environment, but never this one. Returns how many there were.
 * Failure SINK_UNAVAILABLE when /proc cannot be read, for want of descriptors, during the whole grace.
 */
export async function endProcessesOfRun(runId: string): Promise<number> {
  const ended = new Set<number>();
  await signalUntilGone(runId, { signal: 'SIGTERM', patienceMs: GRACE_MS, ended });
  await signalUntilGone(runId, { signal: 'SIGKILL', patienceMs: KILL_MS, ended });
  return ended.size;
}

interface Round {
  readonly signal: NodeJS.Signals;
  readonly patienceMs: number;
  readonly ended: Set<number>;
}

/** Each process gets the signal once, also those that were forked since the last look. A look that fails is repeated. */
async function signalUntilGone(runId: string, round: Round): Promise<void> {
  const told = new Set<number>();
  const deadline = performance.now() + round.patienceMs;
  for (;;) {
    const isLast = performance.now() > deadline;
    const alive = await findByEnvironment(`PALHM_RUN=${runId}`).catch((error: unknown) => {
      if (isLast) throw sinkFailureOf(error, 'look for the processes of a run that has died');
      return undefined;
    });
    for (const pid of alive ?? []) {
      if (told.has(pid)) continue;
      told.add(pid);
      round.ended.add(pid);
      send(pid, round.signal);
    }
    if (alive?.length === 0 || isLast) return;
    await delay(POLL_MS);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal, or palhm may not end it: then the next look finds it again.
  }
}
