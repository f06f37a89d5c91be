/** What the keys of a root say, before anything is read: which names there are below it, and what lies under each. */
import type { Stranger } from '../../copy/copy.js';
import { MANIFEST_NAME } from '../../copy/manifest.js';
import { isOwnPath, OWN_START } from '../../copy/object-path.js';
import { type Prefix, parsePrefix } from '../../copy/prefix.js';
import { RECORD_NAMES, type RecordKind } from '../../copy/records.js';
import { listKeys, listNames } from './keys.js';
import { CLAIM_START, copyBase, LOCK_NAME, MARKER_NAME, PROBE_START, splitKey } from './names.js';
import type { Store } from './store.js';

/** What the keys below one name of the root say. */
export interface FoundEntry {
  readonly name: string;
  size: number;
  objects: number;
  marker: boolean;
  /** The tags of the manifest and of the records; undefined where there is none. */
  manifest: string | undefined;
  readonly records: { [kind in RecordKind]: string | undefined };
}

/** One entry for each name of the root, whatever its number of keys; single keys that are not ours are strangers. */
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

/** The lock, a probe, and what a console leaves when a person makes a folder: an empty object whose key ends in a slash. */
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
    marker: false,
    manifest: undefined,
    records: { verify: undefined, drill: undefined },
  };
}

function countKey(
  entry: FoundEntry,
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

/** What palhm itself keeps under the name of a copy; undefined when it is nothing. However many objects the copy has, it takes one request. */
export async function readOwnEntry(store: Store, prefix: Prefix): Promise<FoundEntry | undefined> {
  return (await readEntries(store, copyBase(store.base, prefix) + OWN_START)).entries[0];
}

/** The names in the root that are those of copies, whatever lies under them. */
export async function readPrefixes(store: Store): Promise<readonly Prefix[]> {
  const prefixes: Prefix[] = [];
  for await (const start of listNames(store, store.base)) {
    const prefix = parsePrefix(start.slice(store.base.length, -1));
    if (prefix !== undefined) prefixes.push(prefix);
  }
  return prefixes;
}
