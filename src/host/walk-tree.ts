/**
 * Goes through a tree by the bytes of its names. They need not be UTF-8: in a string Node puts U+FFFD in the place of what is
 * not, and then finds no such file.
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isErrno } from '../failure/failure.js';

export interface TreeEntry {
  /** Below the directory. What is not UTF-8 in it is U+FFFD. */
  readonly path: string;
  /** Where it is. */
  readonly place: Buffer;
  readonly kind: Pick<Dirent, 'isFile' | 'isDirectory'>;
}

const SLASH = Buffer.from('/');

/**
 * All entries below a directory. Follows no symbolic link. ENOENT without the directory; what is removed meanwhile is passed
 * over. It goes as deep as a path may be long, and fails with ENAMETOOLONG below that.
 */
export async function* walkTree(
  directory: string,
  signal?: AbortSignal,
): AsyncGenerator<TreeEntry, void> {
  const top = Buffer.from(directory);
  const pending = [top];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    signal?.throwIfAborted();
    for (const entry of await entriesOf(at, at === top)) {
      const place = Buffer.concat([at, SLASH, entry.name]);
      if (entry.isDirectory()) pending.push(place);
      yield { path: place.subarray(top.length + 1).toString(), place, kind: entry };
    }
  }
}

async function entriesOf(directory: Buffer, isTop: boolean): Promise<readonly Dirent<Buffer>[]> {
  try {
    return await readdir(directory, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    if (!isTop && isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
