import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../../failure/failure.js';
import type { OriginalSize } from '../../judge-copy.js';

/** Counts the regular files below a directory and their bytes. Follows no symbolic link. ENOENT without the directory. */
export async function measureTree(directory: string): Promise<OriginalSize> {
  let size = 0;
  let objects = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      const below = await orIfAbsent(measureTree(path), { size: 0, objects: 0 });
      size += below.size;
      objects += below.objects;
    } else if (entry.isFile()) {
      const stats = await orIfAbsent(lstat(path), undefined);
      size += stats?.size ?? 0;
      objects += stats === undefined ? 0 : 1;
    }
  }
  return { size, objects };
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
