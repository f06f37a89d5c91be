/** What lies below the name of a copy. */
import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { MANIFEST_NAME } from '../../../copy/manifest.js';
import { isOwnPath } from '../../../copy/object-path.js';
import { parsePrefix } from '../../../copy/prefix.js';
import { isErrno } from '../../../failure/failure.js';
import { type TreeEntry, walkTree } from '../../../host/walk-tree.js';
import type { OriginalTree } from '../../judge-copy.js';
import { LOCK_NAME } from '../names.js';

/** Counts the regular files below a directory that are not palhm's own, and their bytes. Errors as of `walkTree`. */
export async function measureTree(directory: string): Promise<OriginalTree> {
  let [size, objects] = [0, 0];
  let otherRoot: string | undefined;
  for await (const entry of walkTree(directory)) {
    const { path, place, kind } = entry;
    if (isOfAnotherRoot(entry) || isInnerCopy(entry)) otherRoot ??= path;
    if (!kind.isFile() || isOwnPath(path)) continue;
    const stats = await orIfAbsent(lstat(place), undefined);
    size += stats?.size ?? 0;
    objects += stats === undefined ? 0 : 1;
  }
  return { size, objects, otherRoot };
}

/** The path of what shows that there is another root below a copy that has a manifest. */
export async function findOtherRoot(directory: string): Promise<string | undefined> {
  for await (const entry of walkTree(directory))
    if (isOfAnotherRoot(entry) || isInnerCopy(entry)) return entry.path;
  return undefined;
}

/** A manifest at the top would be that of the copy itself. */
function isOfAnotherRoot({ path }: TreeEntry): boolean {
  const name = basename(path);
  return name === LOCK_NAME || (name === MANIFEST_NAME && path !== name);
}

/** It may be a copy of the original PALHM. The config lets no object have such a path. */
function isInnerCopy({ path, kind }: TreeEntry): boolean {
  return kind.isDirectory() && parsePrefix(basename(path)) !== undefined;
}

/** The tree may be removed while it is read. */
async function orIfAbsent<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return otherwise;
    throw error;
  }
}
