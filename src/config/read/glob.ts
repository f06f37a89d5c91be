/** Globs in `include`: `*`, `?` and `[…]` in any component of a path. */
import { lstatSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isErrno } from '../../failure/failure.js';

export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/**
 * The paths that match a pattern, relative to a directory, sorted by bytes as ls(1) does in the C locale. None is fine.
 * Throws the error of the system when a directory cannot be read.
 */
export function expandGlob(pattern: string, from: string): readonly string[] {
  let found: readonly string[] = [isAbsolute(pattern) ? '/' : from];
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    found = found.flatMap((directory) => matchIn(directory, component));
  }
  return found.filter(exists);
}

/** A dangling symlink exists: that it cannot be read is for its reader to say. */
function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    return !isErrno(error, 'ENOENT', 'ENOTDIR');
  }
}

function matchIn(directory: string, component: string): readonly string[] {
  if (!isGlob(component)) return [join(directory, component)];
  const matches = toRegExp(component);
  const names = readNames(directory).filter((name) => matches.test(name));
  return names.map((name) => join(directory, name));
}

function readNames(directory: string): readonly string[] {
  try {
    const names = readdirSync(directory);
    return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** As glob(7): a leading dot is matched by a dot alone; `[!…]` is everything else; a set that is none matches nothing. */
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
