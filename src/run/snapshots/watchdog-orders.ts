/** What palhm and a watchdog tell each other. */
import type { FreezeNote } from '../../wire/own-files.js';

/** Programs with the mark, which freeze or hold, are ended first. */
export interface WatchdogOrders extends Pick<FreezeNote, 'what' | 'mark' | 'thaw'> {
  readonly maxMs: number;
  /** The paths of its notes, which are open from descriptor 3 on: it removes them when it has thawed. */
  readonly notes: readonly string[];
}

/** The lines that it prints. */
export const SAYS = {
  watching: 'watching',
  /** The time is over, and it thaws now. */
  late: 'late',
  /** It has thawed. */
  done: 'done',
  /** It could not thaw all. */
  failed: 'failed',
} as const;

/** The line by which it is told that there is nothing to thaw any more. */
export const THAWED = 'thawed';

/** The line by which it is told to thaw now, by a palhm that could not. */
export const TAKE_OVER = 'take over';

/** A thaw that hangs must not keep the next one from running. Of one without a timeout of its own. */
export const THAW_MS = 30_000;

/** How long all of them may take. */
export function longestThaw({ thaw }: Pick<FreezeNote, 'thaw'>): number {
  return thaw.reduce((sum, { timeoutMs = THAW_MS }) => sum + timeoutMs, 0);
}

/** Of the first note of a watchdog. */
export const FIRST_NOTE_FD = 3;
