/** A stand for runs on hosts and at times that the test chooses, and the real program on the same root. */
import { afterEach, beforeEach } from 'node:test';
import { callPalhm, type Ended } from './palhm.js';
import { makeSite, type Site } from './site.js';
import { openStand, type Stand } from './stand.js';

export interface StandSite {
  readonly stand: Stand;
  readonly palhm: (...args: readonly string[]) => Promise<Ended>;
  /** What the runs on the stand have warned of, with the details. */
  readonly warnings: () => readonly string[];
}

/** To be called before the first test of a file. */
export function openStandSite(): StandSite {
  let stand: Stand;
  let site: Site;
  beforeEach(() => {
    stand = openStand();
    site = makeSite(stand.root);
    site.write({ objects: [{ path: 'o', stages: ['true'] }] });
  });
  afterEach(() => {
    stand.close();
    site.remove();
  });
  return {
    get stand() {
      return stand;
    },
    palhm: (...args) => callPalhm(['-f', site.config, ...args]),
    warnings: () =>
      stand.events.flatMap((event) =>
        event.type === 'warning' ? [event.message].concat(event.details) : [],
      ),
  };
}
