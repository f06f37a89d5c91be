/** Lists a root: the copies that prove to be of this task, and the strangers, which palhm never touches. */
import pLimit from 'p-limit';
import type { Listing } from '../../../copy/copy.js';
import { type Prefix, parsePrefix } from '../../../copy/prefix.js';
import { RECORD_NAMES, type RecordKind } from '../../../copy/records.js';
import { findingOf } from '../../../copy/verdict.js';
import { LARGEST } from '../../../wire/decode.js';
import { parseRecords } from '../../../wire/records.js';
import { findNewest } from '../../find-newest.js';
import {
  asDamagedEntry,
  type Entry,
  isOriginal,
  judgeCopy,
  judgeOriginal,
  listingOf,
  type ManifestSummary,
  NOTHING,
  onlyNamed,
  rootEntry,
  strangerEntry,
  summarize,
  unreadEntry,
} from '../../judge-copy.js';
import type { ListRequest, SinkContext } from '../../sink.js';
import { openRawManifest, readInTurn } from '../../stored-manifest.js';
import { isEmpty } from '../bucket/keys.js';
import type { Store } from '../bucket/store.js';
import { readManifestText, readText } from '../bucket/texts.js';
import { mayBeOfOneObject } from '../client/s3-failure.js';
import { copyBase, LOCK_NAME } from '../names.js';
import {
  type FoundEntry,
  readEntries,
  readOwnEntry,
  readPrefixes,
  type StoredFact,
} from './entries.js';

/** Manifests that were read before, by the name of the copy. A run lists its root several times. */
export type ManifestCache = Map<string, CachedManifest>;

interface CachedManifest {
  /** The ETag of the manifest when it was read. A different one means that it has changed. */
  readonly etag: string;
  readonly summary: ManifestSummary;
  readonly lockedUntil: number | undefined;
}

export interface RootListing {
  readonly store: Store;
  readonly context: SinkContext;
  readonly cache: ManifestCache;
}

const AT_ONCE = 16;
const NO_PREFIX = 'its name is not the prefix of a copy';

export async function listRoot(
  where: RootListing,
  { newest, prefix }: Pick<ListRequest, 'newest' | 'prefix'>,
): Promise<Listing> {
  if (prefix !== undefined) return await listOne(where, prefix);
  if (newest !== undefined) return await listNewest(where, newest.now);
  return await listAll(where);
}

async function listAll(where: RootListing): Promise<Listing> {
  const { entries, strangers } = await readEntries(where.store, where.store.base);
  const limit = pLimit(AT_ONCE);
  const judged = await Promise.all(entries.map((entry) => limit(() => judgeEntry(where, entry))));
  const names = new Set(entries.map(({ name }) => name));
  for (const name of where.cache.keys()) if (!names.has(name)) where.cache.delete(name);
  return listingOf(judged, strangers);
}

async function listOne(where: RootListing, name: string): Promise<Listing> {
  const prefix = parsePrefix(name);
  if (prefix !== undefined) {
    const entry = (await lookAtManifest(where, prefix)) ?? (await lookAtOriginal(where, prefix));
    return isOriginal(entry) ? onlyNamed(await listAll(where), name) : listingOf([entry]);
  }
  // The caller asked for this name, so it is told why there is no such copy.
  const isThere =
    !name.includes('/') && !(await isEmpty(where.store, `${where.store.base}${name}/`));
  return listingOf(isThere ? [strangerEntry(name, NO_PREFIX)] : []);
}

async function listNewest(where: RootListing, now: number): Promise<Listing> {
  return findNewest(await readPrefixes(where.store), {
    now,
    lookAtManifest: (prefix) => lookAtManifest(where, prefix),
    lookAtOriginal: (prefix) => lookAtOriginal(where, prefix),
    areSigned: where.context.checkSignature !== undefined,
  });
}

async function lookAtManifest(where: RootListing, prefix: Prefix): Promise<Entry | undefined> {
  const found = await readOwnEntry(where.store, prefix);
  if (found === undefined) return undefined;
  if (found.hasMarker) return NOTHING;
  return await judgeByManifest(where, prefix, found);
}

async function judgeEntry(where: RootListing, found: FoundEntry): Promise<Entry> {
  if (found.hasMarker) return NOTHING;
  const prefix = parsePrefix(found.name);
  // Below the root a key may begin with a slash: `root//…`.
  if (prefix === undefined) return strangerEntry(found.name || '/', NO_PREFIX);
  return (await judgeByManifest(where, prefix, found)) ?? (await lookAtOriginal(where, prefix));
}

/**
 * Undefined when it has none. One manifest that cannot be read must not hide the other copies. But when the store cannot be
 * asked at all, that is thrown.
 */
async function judgeByManifest(
  where: RootListing,
  prefix: Prefix,
  { manifest, records: found, otherRoot }: FoundEntry,
): Promise<Entry | undefined> {
  if (manifest === undefined) return undefined;
  try {
    const known = await readSummary(where, prefix, manifest);
    if (known === undefined) return await explainMissing(where, prefix);
    if (otherRoot === LOCK_NAME) return rootEntry(prefix, LOCK_NAME);
    const record = (kind: RecordKind): Promise<string | undefined> =>
      readRecord(where, prefix, found[kind] ? kind : undefined);
    const records = parseRecords({ verify: await record('verify'), drill: await record('drill') });
    const { summary, lockedUntil } = known;
    const entry = judgeCopy({ summary, records }, prefix, where.context.task);
    if (entry.type !== 'copy' || lockedUntil === undefined) return entry;
    return { ...entry, copy: { ...entry.copy, lockedUntil } };
  } catch (error) {
    if (!mayBeOfOneObject(error) || findingOf(error) === 'damaged')
      return asDamagedEntry(error, prefix.name);
    await isEmpty(where.store, where.store.base);
    return unreadEntry(prefix.name, error.message);
  }
}

/** The copy was removed since it was listed; unless it is still listed. */
async function explainMissing({ store }: RootListing, prefix: Prefix): Promise<Entry> {
  const found = await readOwnEntry(store, prefix);
  if (found === undefined || found.hasMarker || found.manifest === undefined) return NOTHING;
  return unreadEntry(prefix.name, 'its manifest is listed, but the store says that there is none');
}

/**
 * A listing is no snapshot. A copy that was made or removed between two of its pages shows objects but neither marker nor
 * manifest, like a copy of the original PALHM. So such an entry is listed once more, alone.
 */
async function lookAtOriginal({ store, context }: RootListing, prefix: Prefix): Promise<Entry> {
  const { entries } = await readEntries(store, copyBase(store.base, prefix));
  const [found] = entries;
  if (found === undefined || found.hasMarker || found.manifest !== undefined) return NOTHING;
  const otherRoot = found.otherRoot ?? found.innerCopy;
  return await judgeOriginal(prefix, { ...found, otherRoot }, context);
}

async function readSummary(
  { store, context, cache }: RootListing,
  prefix: Prefix,
  { etag, size }: StoredFact,
): Promise<CachedManifest | undefined> {
  const known = cache.get(prefix.name);
  if (known !== undefined && known.etag === etag) return known;
  return await readInTurn(size, async () => {
    const stored = await readManifestText(store, copyBase(store.base, prefix));
    if (stored === undefined) return undefined;
    const summary = summarize(openRawManifest(stored.text, context));
    const read = { etag, summary, lockedUntil: stored.lockedUntil };
    cache.set(prefix.name, read);
    return read;
  });
}

/** Undefined when the listing shows no such record, and for one that cannot be read. */
async function readRecord(
  { store }: RootListing,
  prefix: Prefix,
  kind: RecordKind | undefined,
): Promise<string | undefined> {
  if (kind === undefined) return undefined;
  const key = copyBase(store.base, prefix) + RECORD_NAMES[kind];
  try {
    return (await readText(store, key, LARGEST[`${kind}-record`]))?.text;
  } catch (error) {
    if (mayBeOfOneObject(error)) return undefined;
    throw error;
  }
}
