/** Decides what an entry of a root is: a copy of this task, or something else. For every backend that stores manifests. */
import type { Copy, Listing, Stranger } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import { comparePrefixes, type Prefix } from '../copy/prefix.js';
import { type CopyRecords, NO_RECORDS } from '../copy/records.js';
import { Failure } from '../failure/failure.js';
import type { SignatureContext } from './stored-manifest.js';

export type Entry =
  | { readonly type: 'copy'; readonly copy: Copy }
  | { readonly type: 'stranger'; readonly stranger: Stranger }
  /** Made by palhm but not a copy, or removed while it was being read. */
  | { readonly type: 'nothing' };

export const NOTHING: Entry = { type: 'nothing' };

export function strangerEntry(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why } };
}

/** For something that has the name of a copy but cannot be used as one. */
export function damagedEntry(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why, damaged: true } };
}

/** For something that could not be looked at. It may be a whole copy of this task. */
export function unreadEntry(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why, unread: true } };
}

/** The entry of a copy whose manifest cannot be used. Throws any other error again. */
export function asDamagedEntry(error: unknown, { name }: Prefix): Entry {
  const why = describeBadManifest(error);
  if (why === undefined) throw error;
  return damagedEntry(name, why);
}

function describeBadManifest(error: unknown): string | undefined {
  if (!(error instanceof Failure)) return undefined;
  if (error.code === 'SIGNATURE_INVALID') return `is not trusted: ${error.message}`;
  return error.code === 'MANIFEST_INVALID'
    ? `its manifest is damaged: ${error.message}`
    : undefined;
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
  if (summary.prefix !== prefix.name) {
    return strangerEntry(prefix.name, `its manifest is that of copy ${summary.prefix}`);
  }
  if (summary.task !== task) {
    return strangerEntry(prefix.name, `is a copy of task ${JSON.stringify(summary.task)}`);
  }
  const { host, size, objects } = summary;
  const started = Date.parse(summary.started);
  const finished = Date.parse(summary.finished);
  const copy = { prefix, size, objects, started, finished, manifest: true, host, records };
  return { type: 'copy', copy };
}

export interface OriginalSize {
  readonly size: number;
  readonly objects: number;
}

/**
 * The entry of a copy of the original PALHM, of which only the name and the objects are known. Where copies are signed, it
 * is not a copy.
 */
export function judgeOriginal(
  prefix: Prefix,
  { size, objects }: OriginalSize,
  { checkSignature }: SignatureContext,
): Entry {
  if (checkSignature !== undefined) {
    return strangerEntry(prefix.name, 'has no manifest, and copies of this task are signed');
  }
  const times = { started: undefined, finished: undefined };
  const copy = { prefix, size, objects, ...times, manifest: false, records: NO_RECORDS };
  return { type: 'copy', copy };
}

/** The copies and strangers among the entries, with further strangers: copies oldest first, strangers by name. */
export function listingOf(entries: readonly Entry[], others: readonly Stranger[] = []): Listing {
  const copies = entries.flatMap((entry) => (entry.type === 'copy' ? [entry.copy] : []));
  const strangers = entries.flatMap((entry) => (entry.type === 'stranger' ? [entry.stranger] : []));
  return {
    copies: copies.sort((a, b) => comparePrefixes(a.prefix, b.prefix)),
    strangers: [...strangers, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
