/** Decides what an entry of a root is: a copy of this task, or something else. For every backend that stores manifests. */
import type { Copy, Listing, Stranger } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import { comparePrefixes, type Prefix } from '../copy/prefix.js';
import { type CopyRecords, NO_RECORDS } from '../copy/records.js';
import { findingOf } from '../copy/verdict.js';
import { Failure } from '../failure/failure.js';
import type { SinkContext } from './sink.js';

export type Entry =
  | { readonly type: 'copy'; readonly copy: Copy }
  | StrangerEntry
  /** Made by palhm but not a copy, or removed while it was being read. */
  | { readonly type: 'nothing' };

interface StrangerEntry {
  readonly type: 'stranger';
  readonly stranger: Stranger;
  /** That of its manifest, when it is another one. */
  readonly task?: string;
}

export const NOTHING: Entry = { type: 'nothing' };

export function strangerEntry(name: string, why: string): StrangerEntry {
  return { type: 'stranger', stranger: { name, why } };
}

/** For something that has the name of a copy but cannot be used as one. */
function damagedEntry(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why, damaged: true } };
}

/** For something that could not be looked at. It may be a whole copy of this task. */
export function unreadEntry(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why, unread: true } };
}

/** The entry of a copy whose manifest cannot be used. Throws any other error again. */
export function asDamagedEntry(error: unknown, name: string): Entry {
  const why = describeBadManifest(error);
  if (why === undefined) throw error;
  return damagedEntry(name, why);
}

function describeBadManifest(error: unknown): string | undefined {
  if (!(error instanceof Failure) || findingOf(error) !== 'damaged') return undefined;
  if (error.code === 'SIGNATURE_INVALID') return `is not trusted: ${error.message}`;
  return `has a manifest that cannot be used: ${error.message}`;
}

/** The part of a manifest that a listing needs. */
export interface ManifestSummary {
  readonly host: string;
  readonly task: string;
  readonly prefix: string;
  readonly started: string;
  readonly finished: string;
  readonly size: number;
  readonly objects: number;
}

export function summarize(manifest: Manifest): ManifestSummary {
  const { host, task, prefix, started, finished, objects } = manifest;
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  return { host, task, prefix, started, finished, size, objects: objects.length };
}

/** The entry of a copy that has a manifest. It must be of this task and of this prefix. */
export function judgeCopy(
  { summary, records }: { readonly summary: ManifestSummary; readonly records: CopyRecords },
  prefix: Prefix,
  task: string,
): Entry {
  const isMoved = summary.prefix !== prefix.name;
  if (summary.task !== task) {
    const why = isMoved ? sayMoved(summary) : `is a copy of task ${JSON.stringify(summary.task)}`;
    return { ...strangerEntry(prefix.name, why), task: summary.task };
  }
  if (isMoved) return strangerEntry(prefix.name, sayMoved(summary));
  // As earlier versions made it of a task without objects.
  if (summary.objects === 0)
    return strangerEntry(prefix.name, 'is empty: its manifest has no object');
  const { host, size, objects } = summary;
  const started = Date.parse(summary.started);
  const finished = Date.parse(summary.finished);
  const copy = { prefix, size, objects, started, finished, manifest: true, host, records };
  return { type: 'copy', copy };
}

function sayMoved({ prefix }: ManifestSummary): string {
  return `its manifest is that of copy ${prefix}`;
}

/** What lies below a name that has no manifest. */
export interface OriginalTree {
  /** Bytes and number of the regular files, without what palhm itself keeps there. */
  readonly size: number;
  readonly objects: number;
  /** The path of the lock of another root in it, or of the manifest of another copy. */
  readonly otherRoot: string | undefined;
}

/** The entry of what holds a root of its own: to remove it would remove the copies there. */
export function rootEntry({ name }: Prefix, sign: string): Entry {
  return strangerEntry(name, `holds a root of its own: ${sign} is in it`);
}

/**
 * The entry of a copy of the original PALHM, of which only the name and the files are known. It is a copy of this task when
 * no other uses the root. Where copies are signed, it is not a copy.
 */
export async function judgeOriginal(
  prefix: Prefix,
  { size, objects, otherRoot }: OriginalTree,
  { checkSignature, findSharer }: Pick<SinkContext, 'checkSignature' | 'findSharer'>,
): Promise<Entry> {
  if (otherRoot !== undefined) return rootEntry(prefix, otherRoot);
  if (objects === 0) return strangerEntry(prefix.name, 'has no manifest and no file');
  if (checkSignature !== undefined)
    return strangerEntry(prefix.name, 'has no manifest, and copies of this task are signed');
  const sharer = await findSharer();
  if (sharer !== undefined) {
    const why = `has no manifest, and task ${JSON.stringify(sharer)} of the config has the same root`;
    return strangerEntry(prefix.name, why);
  }
  const times = { started: undefined, finished: undefined };
  const copy = { prefix, size, objects, ...times, manifest: false, records: NO_RECORDS };
  return { type: 'copy', copy };
}

/** Whose a copy without a manifest is depends on the other entries of the root. */
export function isOriginal(entry: Entry): boolean {
  return entry.type === 'copy' && !entry.copy.manifest;
}

/** Beside the copies of another task, nobody knows whose a copy without a manifest is. */
function disownOriginals(entries: readonly Entry[]): readonly Entry[] {
  const other = entries.flatMap((entry) =>
    entry.type === 'stranger' ? (entry.task ?? []) : [],
  )[0];
  if (other === undefined) return entries;
  const why = `has no manifest, and copies of task ${JSON.stringify(other)} are in this root`;
  return entries.map((entry) =>
    entry.type === 'copy' && isOriginal(entry) ? strangerEntry(entry.copy.prefix.name, why) : entry,
  );
}

/** What the listing of a whole root says of one name. */
export function onlyNamed({ copies, strangers }: Listing, wanted: string): Listing {
  return {
    copies: copies.filter(({ prefix }) => prefix.name === wanted),
    strangers: strangers.filter(({ name }) => name === wanted),
  };
}

/** The copies and strangers among the entries, with further strangers: copies oldest first, strangers by name. */
export function listingOf(found: readonly Entry[], others: readonly Stranger[] = []): Listing {
  const entries = disownOriginals(found);
  const copies = entries.flatMap((entry) => (entry.type === 'copy' ? [entry.copy] : []));
  const strangers = entries.flatMap((entry) => (entry.type === 'stranger' ? [entry.stranger] : []));
  return {
    copies: copies.sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    strangers: [...strangers, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
