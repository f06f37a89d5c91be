/** What the keys of a root tell without reading an object: the names in the root, and what lies below each name. */
import type { Stranger } from '../../../copy/copy.js';
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import { isOwnPath, OWN_START } from '../../../copy/object-path.js';
import { type Prefix, parsePrefix } from '../../../copy/prefix.js';
import { RECORD_NAMES, type RecordKind } from '../../../copy/records.js';
import { listKeys, listNames } from '../bucket/keys.js';
import type { Store } from '../bucket/store.js';
import { CLAIM_START, copyBase, LOCK_NAME, MARKER_NAME, PROBE_START, splitKey } from '../names.js';

/** What the keys below one name in the root tell. */
export interface FoundEntry {
  readonly name: string;
  size: number;
  objects: number;
  hasMarker: boolean;
  /** The path of the lock of another root below the name, or of the manifest of another copy. */
  otherRoot: string | undefined;
  /** The path of what may be a copy of the original PALHM below the name. The config lets no object have such a path. */
  innerCopy: string | undefined;
  /** Undefined when there is none. */
  manifest: StoredFact | undefined;
  /** Whether there are such records. */
  readonly records: { [kind in RecordKind]: boolean };
}

/** What a listing tells of one stored object. */
export interface StoredFact {
  readonly etag: string;
  readonly size: number;
}

/**
 * One entry for each name in the root, however many keys lie below it. A single key directly in the root that palhm did not
 * make is a stranger.
 */
export async function readEntries(
  store: Store,
  start: string,
): Promise<{ readonly entries: readonly FoundEntry[]; readonly strangers: readonly Stranger[] }> {
  const entries = new Map<string, FoundEntry>();
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

/** The lock, its claims, a probe, and the empty object that a web console makes for a folder: its key ends in a slash. */
function isOwnName(name: string): boolean {
  return (
    name === LOCK_NAME ||
    name.startsWith(CLAIM_START) ||
    name.startsWith(PROBE_START) ||
    name === ''
  );
}

function newEntry(name: string): FoundEntry {
  return {
    name,
    size: 0,
    objects: 0,
    hasMarker: false,
    otherRoot: undefined,
    innerCopy: undefined,
    manifest: undefined,
    records: { verify: false, drill: false },
  };
}

/** A key that ends in a slash stands for a directory, as a web console makes one: it is no object. */
function countKey(
  entry: FoundEntry,
  { rest, size, etag }: { readonly rest: string; readonly size: number; readonly etag: string },
): void {
  if (rest === MARKER_NAME) entry.hasMarker = true;
  else if (rest === MANIFEST_NAME) entry.manifest = { etag, size };
  else if (rest === RECORD_NAMES.verify) entry.records.verify = true;
  else if (rest === RECORD_NAMES.drill) entry.records.drill = true;
  else if (!rest.endsWith('/') && rest !== '' && !isOwnPath(rest)) {
    entry.size += size;
    entry.objects += 1;
  }
  if (isOfAnotherRoot(rest) && entry.otherRoot !== LOCK_NAME) entry.otherRoot = rest;
  entry.innerCopy ??= findInnerCopy(rest);
}

function findInnerCopy(path: string): string | undefined {
  const above = path.split('/').slice(0, -1);
  const at = above.findIndex((name) => parsePrefix(name) !== undefined);
  return at < 0 ? undefined : above.slice(0, at + 1).join('/');
}

/** A manifest at the top is that of the copy itself. */
function isOfAnotherRoot(path: string): boolean {
  return path === LOCK_NAME || path.endsWith(`/${LOCK_NAME}`) || path.endsWith(`/${MANIFEST_NAME}`);
}

/**
 * What palhm itself keeps below the name of a copy. Undefined when there is nothing. It takes one request, however many objects
 * the copy has.
 */
export async function readOwnEntry(store: Store, prefix: Prefix): Promise<FoundEntry | undefined> {
  return (await readEntries(store, copyBase(store.base, prefix) + OWN_START)).entries[0];
}

/** The names in the root that are names of copies, whatever lies below them. */
export async function readPrefixes(store: Store): Promise<readonly Prefix[]> {
  const prefixes: Prefix[] = [];
  for await (const start of listNames(store, store.base)) {
    const prefix = parsePrefix(start.slice(store.base.length, -1));
    if (prefix !== undefined) prefixes.push(prefix);
  }
  return prefixes;
}
