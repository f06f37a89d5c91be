/** Globs in `include`: `*`, `?` and `[…]` in any component of a path. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../failure/failure.js';

export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** The paths that match an absolute pattern, sorted by bytes as ls(1) does in the C locale. None is fine. */
export async function expandGlob(pattern: string): Promise<readonly string[]> {
  let found: readonly string[] = ['/'];
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    const next = await Promise.all(found.map((directory) => matchIn(directory, component)));
    found = next.flat();
  }
  const present = await Promise.all(found.map(exists));
  return found.filter((_, index) => present[index]);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    return !isErrno(error, 'ENOENT', 'ENOTDIR');
  }
}

async function matchIn(directory: string, component: string): Promise<readonly string[]> {
  if (!isGlob(component)) return [join(directory, component)];
  const matches = toRegExp(component);
  const names = await readNames(directory);
  return names.filter((name) => matches.test(name)).map((name) => join(directory, name));
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

/** As glob(7): a leading dot is matched by a dot alone; `[!…]` is everything else. */
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
  return new RegExp(`^${component.startsWith('.') ? '' : '(?!\\.)'}${body}$`, 'su');
}
