import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../../failure/failure.js';
import type { OriginalSize } from '../../judge-copy.js';

/** Sums the regular files below a directory; symbolic links are not followed. ENOENT when the directory is not there. */
export async function measureTree(directory: string): Promise<OriginalSize> {
  let size = 0;
  let objects = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      const below = await ifThere(measureTree(path), { size: 0, objects: 0 });
      size += below.size;
      objects += below.objects;
    } else if (entry.isFile()) {
      const stats = await ifThere(lstat(path), undefined);
      size += stats?.size ?? 0;
      objects += stats === undefined ? 0 : 1;
    }
  }
  return { size, objects };
}

/** Somebody may remove the tree meanwhile. */
async function ifThere<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return otherwise;
    throw error;
  }
}
