/** The names of the keys that palhm makes in a bucket. */
import type { Prefix } from '../../copy/prefix.js';

/** As long as this object is there, the copy is not complete. */
export const MARKER_NAME = '.palhm-open';
export const LOCK_NAME = '.palhm-lock';
/** A host that wants to replace a dead lock first makes this object, with the token of that lock: `.palhm-lock.TOKEN`. */
export const CLAIM_START = '.palhm-lock.';

/** `config check --connect` writes an object with this name and removes it: `.palhm-probe-UUID`. */
export const PROBE_START = '.palhm-probe-';

const VOLUME = '.palhm-volume-';

/** The key of a volume of an object. The first has the key of the object; the second is `KEY.palhm-volume-2`. */
export function volumeKey(key: string, number: number): string {
  return number === 1 ? key : `${key}${VOLUME}${number}`;
}

/** True when an object with this path could be taken for a volume of another object. */
export function isVolumeName(path: string): boolean {
  return /\.palhm-volume-\d+$/.test(path);
}

/** Every key of a root begins with this. For the root `a` it is `a/`, which does not include the root `ab`. */
export function baseOf(root: string): string {
  return root === '' ? '' : `${root}/`;
}

/** Every key of a copy begins with this. */
export function copyBase(base: string, prefix: Prefix): string {
  return `${base}${prefix.name}/`;
}

/** The first part of a key below the base, and the rest. The rest is undefined when the key has only one part. */
export function splitKey(
  base: string,
  key: string,
): { readonly name: string; readonly rest: string | undefined } {
  const below = key.slice(base.length);
  const slash = below.indexOf('/');
  if (slash === -1) return { name: below, rest: undefined };
  return { name: below.slice(0, slash), rest: below.slice(slash + 1) };
}
