/** The keys that palhm makes in a bucket. */
import type { Prefix } from '../../copy/prefix.js';

/** Opens a copy: as long as it is there, the copy is not whole. */
export const MARKER_NAME = '.palhm-open';
export const LOCK_NAME = '.palhm-lock';
/** Who replaces a lock whose holder has died says so first: `.palhm-lock.TOKEN` of that lock. */
export const CLAIM_START = '.palhm-lock.';

/** What `config check --connect` writes and removes: `.palhm-probe-UUID`. */
export const PROBE_START = '.palhm-probe-';

const VOLUME = '.palhm-volume-';

/** The place of the volumes of an object: the first is where the object is, `x.palhm-volume-2` follows. */
export function volumeKey(key: string, number: number): string {
  return number === 1 ? key : `${key}${VOLUME}${number}`;
}

/** Whether an object could be taken for a volume of another. */
export function isVolumeName(path: string): boolean {
  return /\.palhm-volume-\d+$/.test(path);
}

/** What every key of a root begins with. `a` has `a/`, and so never reaches `ab/`. */
export function baseOf(root: string): string {
  return root === '' ? '' : `${root}/`;
}

/** What every key of a copy begins with. */
export function copyBase(base: string, prefix: Prefix): string {
  return `${base}${prefix.name}/`;
}

/** The first part of a key below its base, and what follows it; undefined for a key with one part only. */
export function splitKey(
  base: string,
  key: string,
): { readonly name: string; readonly rest: string | undefined } {
  const below = key.slice(base.length);
  const slash = below.indexOf('/');
  if (slash === -1) return { name: below, rest: undefined };
  return { name: below.slice(0, slash), rest: below.slice(slash + 1) };
}
