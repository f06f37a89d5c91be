/** What lies in a root: copies that prove to be this task's, and strangers, which are left alone. */
import pLimit from 'p-limit';
import type { Listing } from '../../copy/copy.js';
import { type Prefix, parsePrefix } from '../../copy/prefix.js';
import { RECORD_NAMES, type RecordKind } from '../../copy/records.js';
import { parseRecords } from '../../wire/records.js';
import {
  asDamaged,
  type Entry,
  factsOf,
  judgeCopy,
  judgeOriginal,
  type ManifestFacts,
  NOTHING,
  openManifest,
  strangerOf,
} from '../judge-copy.js';
import { asListing, findNewest } from '../newest.js';
import type { ListRequest, SinkContext } from '../sink.js';
import { type FoundEntry, readEntries, readOwnEntry, readPrefixes } from './entries.js';
import { isEmpty } from './keys.js';
import { copyBase } from './names.js';
import type { Store } from './store.js';
import { readManifestText, readText } from './texts.js';

/** Manifests that were read before, by the tag they had: a run lists its root several times. */
export type ManifestCache = Map<string, KnownManifest>;

interface KnownManifest {
  readonly etag: string;
  readonly facts: ManifestFacts;
  readonly lockedUntil: number | undefined;
}

export interface Where {
  readonly store: Store;
  readonly context: SinkContext;
  readonly cache: ManifestCache;
}

const AT_ONCE = 16;
/** Bytes: a sentence for each of a hundred thousand objects. */
const LARGEST_RECORD = 16 * 1024 * 1024;
const NO_PREFIX = 'its name is not the prefix of a copy';

export async function listRoot(
  where: Where,
  { newest, prefix }: Pick<ListRequest, 'newest' | 'prefix'>,
): Promise<Listing> {
  if (prefix !== undefined) return await listOne(where, prefix);
  if (newest !== undefined) return await listNewest(where, newest.now);
  const { entries, strangers } = await readEntries(where.store, where.store.base);
  const limit = pLimit(AT_ONCE);
  const judged = await Promise.all(entries.map((entry) => limit(() => judgeEntry(where, entry))));
  const names = new Set(entries.map(({ name }) => name));
  for (const name of where.cache.keys()) if (!names.has(name)) where.cache.delete(name);
  return asListing(judged, strangers);
}

async function listOne(where: Where, name: string): Promise<Listing> {
  const prefix = parsePrefix(name);
  if (prefix !== undefined) {
    const entry = await lookAtManifest(where, prefix);
    return asListing([entry ?? (await lookAtOriginal(where, prefix))]);
  }
  // Who asks for it is told why it is no copy.
  const isThere =
    !name.includes('/') && !(await isEmpty(where.store, `${where.store.base}${name}/`));
  return asListing(isThere ? [strangerOf(name, NO_PREFIX)] : []);
}

async function listNewest(where: Where, now: number): Promise<Listing> {
  return findNewest(await readPrefixes(where.store), {
    now,
    lookAtManifest: (prefix) => lookAtManifest(where, prefix),
    lookAtOriginal: (prefix) => lookAtOriginal(where, prefix),
    areSigned: where.context.checkSignature !== undefined,
  });
}

async function lookAtManifest(where: Where, prefix: Prefix): Promise<Entry | undefined> {
  const found = await readOwnEntry(where.store, prefix);
  if (found === undefined) return undefined;
  if (found.marker) return NOTHING;
  return found.manifest === undefined ? undefined : await judgeByManifest(where, prefix, found);
}

async function judgeEntry(where: Where, found: FoundEntry): Promise<Entry> {
  if (found.marker) return NOTHING;
  const prefix = parsePrefix(found.name);
  if (prefix === undefined) return strangerOf(found.name, NO_PREFIX);
  return found.manifest === undefined
    ? await lookAtOriginal(where, prefix)
    : await judgeByManifest(where, prefix, found);
}

async function judgeByManifest(where: Where, prefix: Prefix, found: FoundEntry): Promise<Entry> {
  try {
    const known = await readFacts(where, prefix, found.manifest);
    if (known === undefined) return NOTHING;
    const record = (kind: RecordKind): Promise<string | undefined> =>
      readRecord(where, prefix, found.records[kind] === undefined ? undefined : kind);
    const records = parseRecords({ verify: await record('verify'), drill: await record('drill') });
    const { facts, lockedUntil } = known;
    const entry = judgeCopy({ facts, records }, prefix, where.context.task);
    if (entry.type !== 'copy' || lockedUntil === undefined) return entry;
    return { ...entry, copy: { ...entry.copy, lockedUntil } };
  } catch (error) {
    return asDamaged(error, prefix);
  }
}

/**
 * A listing is no snapshot: a copy that was made or removed between two of its pages shows objects and neither marker nor
 * manifest. So what looks like a copy of the original PALHM is looked at once more, by itself.
 */
async function lookAtOriginal({ store, context }: Where, prefix: Prefix): Promise<Entry> {
  const { entries } = await readEntries(store, copyBase(store.base, prefix));
  const [found] = entries;
  if (found === undefined || found.marker || found.manifest !== undefined) return NOTHING;
  return found.objects === 0 ? NOTHING : judgeOriginal(prefix, found, context);
}

async function readFacts(
  { store, context, cache }: Where,
  prefix: Prefix,
  etag: string | undefined,
): Promise<KnownManifest | undefined> {
  const known = cache.get(prefix.name);
  if (known !== undefined && known.etag === etag) return known;
  const stored = await readManifestText(store, copyBase(store.base, prefix));
  if (stored === undefined) return undefined;
  const facts = factsOf(openManifest(stored.text, context));
  const read = { etag: etag ?? '', facts, lockedUntil: stored.lockedUntil };
  cache.set(prefix.name, read);
  return read;
}

/** Undefined when the listing shows none. */
async function readRecord(
  { store }: Where,
  prefix: Prefix,
  kind: RecordKind | undefined,
): Promise<string | undefined> {
  if (kind === undefined) return undefined;
  return (await readText(store, copyBase(store.base, prefix) + RECORD_NAMES[kind], LARGEST_RECORD))
    ?.text;
}
