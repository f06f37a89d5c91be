/** What lies in a root: copies that prove to be this task's, and strangers, which are left alone. */
import pLimit from 'p-limit';
import type { Copy, Listing, Stranger } from '../../copy/copy.js';
import { MANIFEST_NAME } from '../../copy/manifest.js';
import { isOwnPath } from '../../copy/own-paths.js';
import { comparePrefixes, type Prefix, parsePrefix } from '../../copy/prefix.js';
import { RECORD_NAMES, type RecordKind } from '../../copy/records.js';
import { parseRecords } from '../../wire/records.js';
import {
  describeBadManifest,
  factsOf,
  judgeCopy,
  judgeOriginal,
  type ManifestFacts,
  openManifest,
  type Verdict,
} from '../judge-copy.js';
import type { SinkContext } from '../sink.js';
import { listKeys } from './keys.js';
import { CLAIM_START, copyBase, LOCK_NAME, MARKER_NAME, PROBE_START, splitKey } from './names.js';
import { type Store } from './store.js';
import { readText } from './texts.js';

/** What the keys below one name of the root say. */
export interface Entry {
  readonly name: string;
  size: number;
  objects: number;
  marker: boolean;
  /** The tags of the manifest and of the records; undefined where there is none. */
  manifest: string | undefined;
  readonly records: { [kind in RecordKind]: string | undefined };
}

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

export async function listRoot(where: Where): Promise<Listing> {
  const { entries, strangers } = await readEntries(where.store, where.store.base);
  const limit = pLimit(AT_ONCE);
  const judged = await Promise.all(entries.map((entry) => limit(() => judgeEntry(where, entry))));
  const names = new Set(entries.map(({ name }) => name));
  for (const name of where.cache.keys()) if (!names.has(name)) where.cache.delete(name);
  const copies = judged.flatMap((entry) => (entry?.type === 'copy' ? [entry.copy] : []));
  const foreign = judged.flatMap((entry) => (entry?.type === 'stranger' ? [entry.stranger] : []));
  return {
    copies: copies.sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    strangers: [...strangers, ...foreign].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** One entry for each name of the root, whatever its number of keys; single keys that are not ours are strangers. */
export async function readEntries(
  store: Store,
  start: string,
): Promise<{ readonly entries: readonly Entry[]; readonly strangers: readonly Stranger[] }> {
  const entries = new Map<string, Entry>();
  const strangers: Stranger[] = [];
  for await (const { key, size, etag } of listKeys(store, start)) {
    const { name, rest } = splitKey(store.base, key);
    if (rest === undefined) {
      if (!isOwnName(name)) strangers.push({ name, why: 'is a single object, not a copy' });
      continue;
    }
    const entry = entries.get(name) ?? newEntry(name);
    entries.set(name, entry);
    countKey(entry, { rest, size, etag });
  }
  return { entries: [...entries.values()], strangers };
}

/** The lock, a probe, and what a console leaves when a person makes a folder: an empty object whose key ends in a slash. */
function isOwnName(name: string): boolean {
  return (
    name === LOCK_NAME ||
    name.startsWith(CLAIM_START) ||
    name.startsWith(PROBE_START) ||
    name === ''
  );
}

function newEntry(name: string): Entry {
  return {
    name,
    size: 0,
    objects: 0,
    marker: false,
    manifest: undefined,
    records: { verify: undefined, drill: undefined },
  };
}

function countKey(
  entry: Entry,
  { rest, size, etag }: { readonly rest: string; readonly size: number; readonly etag: string },
): void {
  if (rest === MARKER_NAME) entry.marker = true;
  else if (rest === MANIFEST_NAME) entry.manifest = etag;
  else if (rest === RECORD_NAMES.verify) entry.records.verify = etag;
  else if (rest === RECORD_NAMES.drill) entry.records.drill = etag;
  else if (rest !== '' && !isOwnPath(rest)) {
    entry.size += size;
    entry.objects += 1;
  }
}

type Judged =
  | { readonly type: 'copy'; readonly copy: Copy }
  | { readonly type: 'stranger'; readonly stranger: Stranger }
  /** Ours but no copy, or gone while we looked. */
  | undefined;

async function judgeEntry(where: Where, entry: Entry): Promise<Judged> {
  if (entry.marker) return undefined;
  const prefix = parsePrefix(entry.name);
  if (prefix === undefined) return stranger(entry.name, 'its name is not the prefix of a copy');
  try {
    const verdict =
      entry.manifest === undefined
        ? await judgeUnmarked(where, prefix)
        : await judgeByManifest(where, { prefix, etag: entry.manifest, records: entry.records });
    return verdict?.type === 'stranger' ? stranger(prefix.name, verdict.why) : verdict;
  } catch (error) {
    const why = describeBadManifest(error);
    if (why === undefined) throw error;
    return { type: 'stranger', stranger: { name: prefix.name, why, damaged: true } };
  }
}

interface FoundManifest {
  readonly prefix: Prefix;
  readonly etag: string;
  readonly records: Entry['records'];
}

async function judgeByManifest(where: Where, found: FoundManifest): Promise<Verdict | undefined> {
  const { prefix, etag } = found;
  const known = await readFacts(where, prefix, etag);
  if (known === undefined) return undefined;
  const records = parseRecords({
    verify: await readRecord(where, found, 'verify'),
    drill: await readRecord(where, found, 'drill'),
  });
  const { facts, lockedUntil } = known;
  const verdict = judgeCopy({ facts, records }, prefix, where.context.task);
  if (verdict.type !== 'copy' || lockedUntil === undefined) return verdict;
  return { ...verdict, copy: { ...verdict.copy, lockedUntil } };
}

/**
 * A listing is no snapshot: a copy that was made or removed between two of its pages shows objects and neither marker nor
 * manifest. So what looks like a copy of the original PALHM is looked at once more, by itself.
 */
async function judgeUnmarked(
  { store, context }: Where,
  prefix: Prefix,
): Promise<Verdict | undefined> {
  const { entries } = await readEntries(store, copyBase(store.base, prefix));
  const [entry] = entries;
  if (entry === undefined || entry.marker || entry.manifest !== undefined) return undefined;
  if (entry.objects === 0) return undefined;
  return judgeOriginal(prefix, entry, context);
}

async function readFacts(
  { store, context, cache }: Where,
  prefix: Prefix,
  etag: string,
): Promise<KnownManifest | undefined> {
  const known = cache.get(prefix.name);
  if (known?.etag === etag) return known;
  const stored = await readText(store, copyBase(store.base, prefix) + MANIFEST_NAME);
  if (stored === undefined) return undefined;
  const facts = factsOf(openManifest(stored.text, context));
  const read = { etag, facts, lockedUntil: stored.lockedUntil };
  cache.set(prefix.name, read);
  return read;
}

/** Undefined when the listing shows none. */
async function readRecord(
  { store }: Where,
  { prefix, records }: FoundManifest,
  kind: RecordKind,
): Promise<string | undefined> {
  if (records[kind] === undefined) return undefined;
  return (await readText(store, copyBase(store.base, prefix) + RECORD_NAMES[kind]))?.text;
}

function stranger(name: string, why: string): Judged {
  return { type: 'stranger', stranger: { name, why } };
}
