/** Which entry of a root is the newest copy, found without looking at all of them. */
import type { Listing, Stranger } from '../copy/copy.js';
import { comparePrefixes, type Prefix } from '../copy/prefix.js';
import type { Entry } from './judge-copy.js';

export interface Search {
  /** Epoch milliseconds. */
  readonly now: number;
  /** What its manifest makes of an entry; undefined when it has none. */
  lookAtManifest(prefix: Prefix): Promise<Entry | undefined>;
  /** What an entry without a manifest is. */
  lookAtOriginal(prefix: Prefix): Promise<Entry>;
  /** Where copies are signed, nothing without a manifest is one. */
  readonly areSigned: boolean;
}

/** How many are looked at together at most, in a root where the newest are strangers. */
const AT_ONCE = 16;

/**
 * The newest copy that has a manifest; only where there is none, the newest that has none. With it come the strangers that
 * were met on the way, no others.
 */
export async function findNewest(prefixes: readonly Prefix[], search: Search): Promise<Listing> {
  const candidates = newestFirst(prefixes, search.now);
  const strangers: Stranger[] = [];
  const withoutManifest: Prefix[] = [];
  // One, then two, then four: the first is nearly always the one.
  for (let next = 0, count = 1; next < candidates.length; count = Math.min(2 * count, AT_ONCE)) {
    const some = candidates.slice(next, next + count);
    next += some.length;
    const entries = await Promise.all(some.map((prefix) => search.lookAtManifest(prefix)));
    for (const [index, entry] of entries.entries()) {
      if (entry === undefined) withoutManifest.push(...some.slice(index, index + 1));
      else if (entry.type === 'copy') return asListing([entry], strangers);
      else if (entry.type === 'stranger') strangers.push(entry.stranger);
    }
  }
  for (const prefix of search.areSigned ? [] : withoutManifest) {
    const entry = await search.lookAtOriginal(prefix);
    if (entry.type === 'copy') return asListing([entry], strangers);
    if (entry.type === 'stranger') strangers.push(entry.stranger);
  }
  return asListing([], strangers);
}

/** What is dated after now, by a clock that was wrong, comes after all that is not. */
function newestFirst(prefixes: readonly Prefix[], now: number): readonly Prefix[] {
  const sorted = prefixes.toSorted((a, b) => comparePrefixes(b, a));
  const isLater = ({ micros }: Prefix): boolean => micros > now * 1000;
  return [...sorted.filter((prefix) => !isLater(prefix)), ...sorted.filter(isLater)];
}

/** Copies oldest first, strangers by name. */
export function asListing(entries: readonly Entry[], others: readonly Stranger[] = []): Listing {
  const copies = entries.flatMap((entry) => (entry.type === 'copy' ? [entry.copy] : []));
  const strangers = entries.flatMap((entry) => (entry.type === 'stranger' ? [entry.stranger] : []));
  return {
    copies: copies.sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    strangers: [...strangers, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
