/** What palhm and a watchdog tell each other. */
import type { FreezeNote } from '../../wire/own-files.js';

/** Programs with the mark, which freeze or hold, are ended first. */
export interface WatchdogOrders extends Pick<FreezeNote, 'what' | 'mark' | 'thaw'> {
  readonly maxMs: number;
  /** How many notes it has, from descriptor 3 on: it empties them when it has thawed. */
  readonly notes: number;
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

/** A thaw that hangs must not keep the next one from running. */
export const THAW_MS = 30_000;

/** Of the first note of a watchdog. */
export const FIRST_NOTE_FD = 3;
