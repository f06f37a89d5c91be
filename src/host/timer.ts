/**
 * Timers of any length. A timer of Node keeps its delay in 32 bits (24.8 days), and fires after one millisecond when the
 * delay is longer (nodejs.org, timers: setTimeout). A backup, or the wait for a lock, may take longer than that.
 */

const LONGEST_MS = 2 ** 31 - 1;

/** Calls `onTime` once, after `ms` milliseconds; never when `ms` is Infinity. Returns the function that cancels it. */
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
