import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import { isOwnPath } from '../../../copy/object-path.js';
import { isErrno } from '../../../failure/failure.js';
import type { OriginalTree } from '../../judge-copy.js';
import { LOCK_NAME } from '../names.js';

/**
 * Counts the regular files below a directory that are not palhm's own, and their bytes. Follows no symbolic link. ENOENT
 * without the directory. It goes as deep as a path may be long, and fails with ENAMETOOLONG below that.
 */
export async function measureTree(directory: string): Promise<OriginalTree> {
  let [size, objects] = [0, 0];
  let otherRoot: string | undefined;
  const pending = ['.'];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const entry of await entriesOf(directory, below)) {
      const path = join(below, entry.name);
      if (isOfAnotherRoot(path)) otherRoot ??= path;
      if (entry.isDirectory()) pending.push(path);
      if (!entry.isFile() || isOwnPath(path)) continue;
      const stats = await orIfAbsent(lstat(join(directory, path)), undefined);
      size += stats?.size ?? 0;
      objects += stats === undefined ? 0 : 1;
    }
  }
  return { size, objects, otherRoot };
}

/** The tree may be removed while it is read. */
function entriesOf(directory: string, below: string): Promise<readonly Dirent[]> {
  const reading = readdir(join(directory, below), { withFileTypes: true });
  return below === '.' ? reading : orIfAbsent(reading, []);
}

/** A manifest at the top would be that of the copy itself. */
function isOfAnotherRoot(path: string): boolean {
  const name = basename(path);
  return name === LOCK_NAME || (name === MANIFEST_NAME && path !== name);
}

async function orIfAbsent<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return otherwise;
    throw error;
  }
}
