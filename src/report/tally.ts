/** The facts of the backup or restore under way: what the last line of the live display and the table at the end are made of. */
import type { Event } from '../events/events.js';

type Of<T extends Event['type']> = Extract<Event, { readonly type: T }>;

export interface Tally {
  readonly opened: Of<'copy-opened'> | Of<'restore-started'> | Of<'verify-started'>;
  readonly openedAt: number;
  /** In the order in which they finished. */
  readonly finished: Of<'object-finished'>[];
  readonly removed: Of<'copy-removed'>[];
  committed: Of<'copy-committed'> | Of<'restore-finished'> | undefined;
  rotation: Of<'rotation-finished'> | undefined;
}

/** The tally after this event; a new one begins with each copy. */
export function tallyEvent(tally: Tally | undefined, event: Event, now: number): Tally | undefined {
  if (isBeginning(event)) return beginTally(event, now);
  if (event.type === 'verify-finished') return undefined;
  if (tally === undefined) return undefined;
  if (event.type === 'object-finished') tally.finished.push(event);
  if (event.type === 'copy-removed') tally.removed.push(event);
  if (event.type === 'copy-committed' || event.type === 'restore-finished') tally.committed = event;
  if (event.type === 'rotation-finished') tally.rotation = event;
  return event.type === 'copy-rolled-back' ? undefined : tally;
}

function isBeginning(event: Event): event is Tally['opened'] {
  return ['copy-opened', 'restore-started', 'verify-started'].includes(event.type);
}

function beginTally(opened: Tally['opened'], now: number): Tally {
  return {
    opened,
    openedAt: now,
    finished: [],
    removed: [],
    committed: undefined,
    rotation: undefined,
  };
}

export function bytesFinished(tally: Tally): number {
  return tally.finished.reduce((sum, object) => sum + object.size, 0);
}
