/** Finds the newest copy of a root without reading all of its entries. */
import type { Listing } from '../copy/copy.js';
import { comparePrefixes, type Prefix } from '../copy/prefix.js';
import { type Entry, listingOf } from './judge-copy.js';

export interface Search {
  /** Epoch milliseconds. */
  readonly now: number;
  /** Judges an entry by its manifest. Undefined when it has none. */
  lookAtManifest(prefix: Prefix): Promise<Entry | undefined>;
  /** Judges an entry that has no manifest. */
  lookAtOriginal(prefix: Prefix): Promise<Entry>;
  /** True when copies are signed: then nothing without a manifest is a copy. */
  readonly areSigned: boolean;
}

/** Reads at most this many entries together. It matters only in a root whose newest entries are strangers. */
const AT_ONCE = 16;

/**
 * The newest copy that has a manifest. When no copy has one, the newest copy without. The listing also holds the strangers
 * that the search met, but no others.
 */
export async function findNewest(prefixes: readonly Prefix[], search: Search): Promise<Listing> {
  const candidates = newestFirst(prefixes, search.now);
  const met: Entry[] = [];
  const withoutManifest: Prefix[] = [];
  // One entry first, then two, then four: the first is nearly always the newest copy.
  for (let next = 0, count = 1; next < candidates.length; count = Math.min(2 * count, AT_ONCE)) {
    const some = candidates.slice(next, next + count);
    next += some.length;
    const entries = await Promise.all(some.map((prefix) => search.lookAtManifest(prefix)));
    for (const [index, entry] of entries.entries()) {
      if (entry === undefined) withoutManifest.push(...some.slice(index, index + 1));
      else met.push(entry);
      if (entry?.type === 'copy') return listingOf(met);
    }
  }
  for (const prefix of search.areSigned ? [] : withoutManifest) {
    const entry = await search.lookAtOriginal(prefix);
    met.push(entry);
    if (entry.type === 'copy') break;
  }
  return listingOf(met);
}

/** Prefixes with a time after `now`, which a wrong clock has made, come after all others. */
function newestFirst(prefixes: readonly Prefix[], now: number): readonly Prefix[] {
  const sorted = prefixes.toSorted((a, b) => comparePrefixes(b, a));
  const isLater = ({ micros }: Prefix): boolean => micros > now * 1000;
  return [...sorted.filter((prefix) => !isLater(prefix)), ...sorted.filter(isLater)];
}
