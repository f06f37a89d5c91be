/** Finds the newest copy of a root without reading all of its entries. */
import type { Listing } from '../copy/copy.js';
import { isAfterNow } from '../copy/latest.js';
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
 * As `ListRequest.newest`. What is dated after now is read as well when there is an older copy, because nothing but its
 * manifest tells whether it is a copy of this task, to be passed over. A clock that was wrong for weeks has made many: then
 * only the newest few are read.
 */
export async function findNewest(prefixes: readonly Prefix[], search: Search): Promise<Listing> {
  const sorted = prefixes.toSorted((a, b) => comparePrefixes(b, a));
  const later = sorted.filter((prefix) => isAfterNow(prefix, search.now));
  const past = sorted.filter((prefix) => !isAfterNow(prefix, search.now));
  const entries = await searchAmong(past, search);
  if (!entries.some(isCopy)) return listingOf([...entries, ...(await searchAmong(later, search))]);
  const some = later.slice(0, AT_ONCE);
  const passedOver = await Promise.all(some.map((prefix) => search.lookAtManifest(prefix)));
  return listingOf([...entries, ...passedOver.filter((entry) => entry !== undefined)]);
}

/** The newest copy that has a manifest; when none has one, the newest without. And the strangers on the way to it. */
async function searchAmong(
  candidates: readonly Prefix[],
  search: Search,
): Promise<readonly Entry[]> {
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
      if (entry !== undefined && isCopy(entry)) return met;
    }
  }
  for (const prefix of search.areSigned ? [] : withoutManifest) {
    const entry = await search.lookAtOriginal(prefix);
    met.push(entry);
    if (isCopy(entry)) return met;
  }
  return met;
}

function isCopy({ type }: Entry): boolean {
  return type === 'copy';
}
