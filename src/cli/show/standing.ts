/** Where an operation stands, for who asks by SIGUSR1. */
import type { Event } from '../../events/events.js';
import { createActivity } from './activity.js';
import { type Tally, tallyEvent } from './tally.js';
import type { Clock } from './view.js';

export interface Standing {
  note(event: Event): void;
  tell(): Event;
}

/** What may be told while a lock is waited for. */
const ASIDE: ReadonlySet<Event['type']> = new Set<Event['type']>(['debug', 'warning', 'standing']);

export function watchStanding({ now }: Pick<Clock, 'now'>): Standing {
  const activity = createActivity();
  let tally: Tally | undefined;
  let lock: { readonly root: string; readonly holder: string } | null = null;
  return {
    note(event) {
      if (event.type === 'lock-waiting') lock = { root: event.root, holder: event.holder };
      else if (!ASIDE.has(event.type)) lock = null;
      activity.apply(event, now());
      tally = tallyEvent(tally, event, now());
    },
    tell() {
      const running = activity.rows(now()).map(({ name, bytes = null, elapsedMs }) => ({
        name,
        bytes,
        elapsed: elapsedMs,
      }));
      const done = tally?.finished.length ?? null;
      const waiting =
        tally === undefined
          ? null
          : Math.max(0, tally.objects - tally.finished.length - running.length);
      return { type: 'standing', running, done, waiting, lock };
    },
  };
}
