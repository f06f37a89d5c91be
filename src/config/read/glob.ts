/** Globs in `include`: `*`, `?` and `[…]` in any component of a path. */
import { readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isErrno } from '../../failure/failure.js';
import { isGarbled } from '../../units/utf8.js';
import { type Footprint, noteContent, noteName } from './footprint.js';

export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

interface GlobContext {
  /** Absolute: relative patterns start here. */
  readonly directory: string;
  readonly footprint: Footprint;
}

/**
 * The paths that match a pattern, sorted by bytes as ls(1) does in the C locale. None is fine. Throws the error of the
 * system when a directory cannot be read.
 */
export async function expandGlob(
  pattern: string,
  { directory: start, footprint }: GlobContext,
): Promise<readonly string[]> {
  let paths: readonly string[] = [isAbsolute(pattern) ? '/' : start];
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    const deeper: string[] = [];
    for (const directory of paths) {
      deeper.push(...(await matchIn(component, { directory, footprint })));
    }
    paths = deeper;
  }
  const matches: string[] = [];
  // What matches but has a name that cannot be used is reported by who reads it, not left out.
  for (const path of paths)
    if ((await noteName(path, footprint)) || isGarbled(path)) matches.push(path);
  return matches;
}

async function matchIn(
  component: string,
  { directory, footprint }: GlobContext,
): Promise<readonly string[]> {
  if (!isGlob(component)) return [join(directory, component)];
  if (!(await noteContent(directory, footprint))) return [];
  const isMatch = compile(component);
  const names = await readNames(directory);
  // A name that does not match itself, such as `a[1].jsonc`, was not meant as a glob where there is something of that name.
  if (!isMatch(component) && names.includes(component)) return [join(directory, component)];
  return names.filter(isMatch).map((name) => join(directory, name));
}

async function readNames(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** What stands for any number of characters, or for one. */
type Token = '*' | ((character: string) => boolean);

/** As glob(7): only a dot matches a leading dot; `[!…]` is any other character; an invalid set matches nothing. */
function compile(component: string): (name: string) => boolean {
  const parts = component.match(/\[!?\]?[^\]]*\]|[^]/gu) ?? [];
  const tokens = parts.map(toToken);
  return (name) =>
    (component.startsWith('.') || !name.startsWith('.')) && fits(tokens, Array.from(name));
}

function toToken(part: string): Token {
  if (part === '*') return part;
  if (part === '?') return () => true;
  const isSet = part.startsWith('[') && part.length > 1;
  return isSet ? toSet(part.slice(1, -1)) : (character) => character === part;
}

function toSet(set: string): Token {
  try {
    const form = new RegExp(`[${set.replace(/^!/, '^').replace(/[\\[\]]/g, '\\$&')}]`, 'u');
    return (character) => form.test(character);
  } catch {
    return () => false;
  }
}

/** Takes time for pattern × text at most: when something does not fit, only the last star takes one character more. */
function fits(tokens: readonly Token[], characters: readonly string[]): boolean {
  let token = 0;
  let star = -1;
  let starEnd = 0;
  for (let at = 0; at < characters.length; ) {
    const one = tokens[token];
    if (one === '*') {
      star = token;
      starEnd = at;
      token += 1;
    } else if (one?.(characters[at] ?? '') === true) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      token = star + 1;
      starEnd += 1;
      at = starEnd;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === '*');
}
