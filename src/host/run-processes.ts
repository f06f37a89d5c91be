/**
 * The processes of a run whose palhm has died: whoever has the run in its environment. They are not our children, so
 * there is nothing to wait on: /proc is asked until they are gone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { findByEnvironment } from './proc.js';

const GRACE_MS = 1000;
/** SIGKILL is obeyed at once, except in an uninterruptible wait for a device. */
const KILL_MS = 5000;
const POLL_MS = 20;

/** Ends every process that has `PALHM_RUN=runId` in its environment, but never this one. Returns how many there were. */
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

/** Each process gets the signal once, also those that were forked since the last look. */
async function signalUntilGone(runId: string, round: Round): Promise<void> {
  const told = new Set<number>();
  const deadline = performance.now() + round.patienceMs;
  for (;;) {
    const alive = await findByEnvironment(`PALHM_RUN=${runId}`);
    for (const pid of alive) {
      if (told.has(pid)) continue;
      told.add(pid);
      round.ended.add(pid);
      send(pid, round.signal);
    }
    if (alive.length === 0 || performance.now() > deadline) return;
    await delay(POLL_MS);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal; or it is not ours to end, and the next look will find it again.
  }
}
