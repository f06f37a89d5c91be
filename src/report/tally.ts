/** The facts of the backup, restore or verify under way: what the last line of the live display is made of. */
import type { Event } from '../events/events.js';

type Of<T extends Event['type']> = Extract<Event, { readonly type: T }>;

export interface Tally {
  /** How many objects there are in all. */
  readonly objects: number;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  /** In the order in which they finished. */
  readonly finished: Of<'object-finished'>[];
}

/** The tally after this event; a new one begins with each copy. Undefined while no objects are under way. */
export function tallyEvent(tally: Tally | undefined, event: Event, now: number): Tally | undefined {
  switch (event.type) {
    case 'copy-opened':
    case 'restore-started':
    case 'verify-started':
      return { objects: event.objects, openedAt: now, finished: [] };
    case 'copy-committed':
    case 'copy-rolled-back':
    case 'restore-finished':
    case 'verify-finished':
      return undefined;
    case 'object-finished':
      tally?.finished.push(event);
      return tally;
    default:
      return tally;
  }
}

export function bytesFinished({ finished }: Tally): number {
  return finished.reduce((sum, object) => sum + object.size, 0);
}
