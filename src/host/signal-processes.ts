/**
 * Ends processes that are no children of palhm, so that it cannot wait for their end: it reads /proc until they have ended.
 * Their numbers are no proof: when one has ended, any other may get its number.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from '../failure/failure.js';
import { type Process, readStatNow } from './proc.js';

const LOOK_EVERY_MS = 20;

export interface Round {
  readonly signal: 'SIGTERM' | 'SIGKILL';
  /** How long to wait for the end of all of them. */
  readonly patienceMs: number;
  readonly find: () => Promise<readonly Process[]>;
  /** How many looks in a row have to find nobody, by default one: one look misses who starts a successor and ends meanwhile. */
  readonly emptyLooks?: number;
  /** Those that got the signal in another way. */
  readonly isTold?: (found: Process) => boolean;
  /** Called for each that gets the signal here. */
  readonly onTold?: (found: Process) => void;
}

/**
 * Each process gets the signal once, also those that were forked since the last look. True when none is left but those that
 * palhm may not signal. A look that fails is repeated; rejects when the last one fails.
 */
export async function signalUntilGone(round: Round): Promise<boolean> {
  const told = new Set<string>();
  const refused = new Set<string>();
  const deadline = performance.now() + round.patienceMs;
  let looksLeft = round.emptyLooks ?? 1;
  for (;;) {
    const isLast = performance.now() >= deadline;
    const found = await round.find().catch((error: unknown) => {
      if (isLast) throw error;
      return undefined;
    });
    for (const one of found ?? []) {
      const key = keyOf(one);
      if (told.has(key) || round.isTold?.(one) === true) continue;
      told.add(key);
      if (!signalProcess(one, round.signal)) refused.add(key);
      else round.onTold?.(one);
    }
    const isEmpty = found?.every((one) => refused.has(keyOf(one))) === true;
    looksLeft = isEmpty ? looksLeft - 1 : (round.emptyLooks ?? 1);
    if (looksLeft === 0) return true;
    if (isLast) return false;
    await delay(LOOK_EVERY_MS);
  }
}

/** Two processes with the same number differ in this. */
export function keyOf({ pid, startTime }: Pick<Process, 'pid' | 'startTime'>): string {
  return `${pid}.${startTime}`;
}

/**
 * False when palhm may not signal it. Linux has a handle for that, pidfd_send_signal(2), and Node has no call for it: so a
 * process that ends between the look and the kill, and whose number is given away in these microseconds, is not told from
 * the new one.
 */
function signalProcess({ pid, startTime }: Process, signal: NodeJS.Signals): boolean {
  try {
    if (readStatNow(pid)?.startTime === startTime) process.kill(pid, signal);
    return true;
  } catch (error) {
    return !isErrno(error, 'EPERM');
  }
}
