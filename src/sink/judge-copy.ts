/** Whether what lies under a prefix is a copy of this task. Used by every backend that stores manifests. */
import type { Copy, Stranger } from '../copy/copy.js';
import type { Manifest } from '../copy/manifest.js';
import type { Prefix } from '../copy/prefix.js';
import { type CopyRecords, NO_RECORDS } from '../copy/records.js';
import { Failure } from '../failure/failure.js';
import { formatSize } from '../units/bytes.js';
import { parseManifest } from '../wire/parse-manifest.js';
import type { SinkContext } from './sink.js';

/** What something in a root turns out to be. */
export type Entry =
  | { readonly type: 'copy'; readonly copy: Copy }
  | { readonly type: 'stranger'; readonly stranger: Stranger }
  /** Ours but no copy, or gone while we looked. */
  | { readonly type: 'nothing' };

export const NOTHING: Entry = { type: 'nothing' };

export function strangerOf(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why } };
}

/** Its name is that of a copy, and it cannot be used as one. */
export function damagedOf(name: string, why: string): Entry {
  return { type: 'stranger', stranger: { name, why, damaged: true } };
}

/** What a listing has to know of a manifest. */
export interface ManifestFacts {
  readonly task: string;
  readonly prefix: string;
  readonly started: string;
  readonly finished: string;
  readonly size: number;
  readonly objects: number;
}

/** From the text of a manifest. Failure MANIFEST_INVALID, SIGNATURE_INVALID. */
export function openManifest(text: string, { checkSignature }: Reader): Manifest {
  const manifest = parseManifest(text);
  const problem = checkSignature?.(text);
  if (problem !== undefined) throw unsigned(problem);
  return manifest;
}

/** Bytes. A hundred thousand objects have less. What is larger is no manifest, and would not fit into a string. */
export const LARGEST_MANIFEST = 256 * 1024 * 1024;

export function tooLargeForManifest(place: string, size: number): Failure {
  return new Failure({
    code: 'MANIFEST_INVALID',
    message: `${place} has ${formatSize(size)}: that is no manifest`,
  });
}

type Reader = Pick<SinkContext, 'checkSignature'>;

function unsigned(problem: string): Failure {
  return new Failure({
    code: 'SIGNATURE_INVALID',
    message: `The manifest ${problem}.`,
    hint: 'find out who wrote it; nothing of this copy is used before',
  });
}

/** What a copy is whose manifest cannot be used. Throws any other error again. */
export function asDamaged(error: unknown, { name }: Prefix): Entry {
  const why = describeBadManifest(error);
  if (why === undefined) throw error;
  return damagedOf(name, why);
}

function describeBadManifest(error: unknown): string | undefined {
  if (!(error instanceof Failure)) return undefined;
  if (error.code === 'SIGNATURE_INVALID') return `is not trusted: ${error.message}`;
  return error.code === 'MANIFEST_INVALID'
    ? `its manifest is damaged: ${error.message}`
    : undefined;
}

export function factsOf(manifest: Manifest): ManifestFacts {
  const { task, prefix, started, finished, objects } = manifest;
  const size = objects.reduce((sum, object) => sum + object.size, 0);
  return { task, prefix, started, finished, size, objects: objects.length };
}

export interface Claim {
  readonly facts: ManifestFacts;
  readonly records: CopyRecords;
}

export function judgeCopy({ facts, records }: Claim, prefix: Prefix, task: string): Entry {
  if (facts.prefix !== prefix.name) {
    return strangerOf(prefix.name, `its manifest is that of copy ${facts.prefix}`);
  }
  if (facts.task !== task) {
    return strangerOf(prefix.name, `is a copy of task ${JSON.stringify(facts.task)}`);
  }
  return { type: 'copy', copy: ownCopy({ facts, records }, prefix) };
}

function ownCopy({ facts, records }: Claim, prefix: Prefix): Copy {
  const { size, objects, started, finished } = facts;
  return {
    prefix,
    size,
    objects,
    started: Date.parse(started),
    finished: Date.parse(finished),
    manifest: true,
    records,
  };
}

export interface OriginalSize {
  readonly size: number;
  readonly objects: number;
}

/** A copy of the original PALHM: all there is to know is its name and its objects. Where copies are signed, it is none. */
export function judgeOriginal(
  prefix: Prefix,
  { size, objects }: OriginalSize,
  { checkSignature }: Reader,
): Entry {
  if (checkSignature !== undefined) {
    return strangerOf(prefix.name, 'has no manifest, and copies of this task are signed');
  }
  const times = { started: undefined, finished: undefined };
  const copy = { prefix, size, objects, ...times, manifest: false, records: NO_RECORDS };
  return { type: 'copy', copy };
}
