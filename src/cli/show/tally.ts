/** The totals of the running backup, restore or verify, for the last line of the live display. */
import type { Event } from '../../events/events.js';

type Of<T extends Event['type']> = Extract<Event, { readonly type: T }>;

export interface Tally {
  /** How many objects the copy has. */
  readonly objects: number;
  /** Epoch milliseconds. */
  readonly openedAt: number;
  /** In the order in which they finished. */
  readonly finished: Of<'object-finished'>[];
}

/** The tally after this event. Each copy starts a new one. Undefined while no objects are processed. */
export function tallyEvent(tally: Tally | undefined, event: Event, now: number): Tally | undefined {
  if (isBeginning(event)) return { objects: event.objects, openedAt: now, finished: [] };
  if (ENDS.has(event.type)) return undefined;
  if (event.type === 'object-finished') tally?.finished.push(event);
  return tally;
}

function isBeginning(
  event: Event,
): event is Of<'copy-opened'> | Of<'restore-started'> | Of<'verify-started'> {
  return ['copy-opened', 'restore-started', 'verify-started'].includes(event.type);
}

const ENDS: ReadonlySet<Event['type']> = new Set<Event['type']>([
  'copy-committed',
  'copy-rolled-back',
  'restore-finished',
  'verify-finished',
]);

export function finishedBytes({ finished }: Tally): number {
  return finished.reduce((sum, object) => sum + object.size, 0);
}
