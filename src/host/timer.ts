/**
 * Timers of any length. Node's own hold their wait in 32 bits (24.8 days) and fire after one millisecond when told more
 * (nodejs.org, timers: setTimeout); a backup or a wait for a lock may be allowed to take longer.
 */

const LONGEST_MS = 2 ** 31 - 1;

/** Calls `onTime` once, after `ms` milliseconds; never when that is Infinity. Returns what stops it. */
export function setLongTimer(ms: number, onTime: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (rest: number): void => {
    timer =
      rest > LONGEST_MS
        ? setTimeout(() => wait(rest - LONGEST_MS), LONGEST_MS)
        : setTimeout(onTime, rest);
  };
  wait(ms);
  return () => clearTimeout(timer);
}
