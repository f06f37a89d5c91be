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
  const form = toRegExp(component);
  const names = await readNames(directory);
  // A name that does not match itself, such as `a[1].jsonc`, was not meant as a glob where there is something of that name.
  if (!form.test(component) && names.includes(component)) return [join(directory, component)];
  return names.filter((name) => form.test(name)).map((name) => join(directory, name));
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

/** As glob(7): only a dot matches a leading dot; `[!…]` is any other character; an invalid set matches nothing. */
function toRegExp(component: string): RegExp {
  const body = component.replace(/\[!?\]?[^\]]*\]|[*?]|[\\^$.|+(){}[\]]/g, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 1)
      return `[${part
        .slice(1, -1)
        .replace(/^!/, '^')
        .replace(/[\\[\]]/g, '\\$&')}]`;
    return `\\${part}`;
  });
  const start = component.startsWith('.') ? '' : '(?!\\.)';
  try {
    return new RegExp(`^${start}${body}$`, 'su');
  } catch {
    return /(?!)/;
  }
}
