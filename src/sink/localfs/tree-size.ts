import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../failure/failure.js';

export interface TreeSize {
  readonly bytes: number;
  readonly files: number;
}

/** Sums the regular files below a directory; symbolic links are not followed. ENOENT when the directory is not there. */
export async function measureTree(directory: string): Promise<TreeSize> {
  let bytes = 0;
  let files = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      const below = await ifThere(measureTree(path), { bytes: 0, files: 0 });
      bytes += below.bytes;
      files += below.files;
    } else if (entry.isFile()) {
      const stats = await ifThere(lstat(path), undefined);
      bytes += stats?.size ?? 0;
      files += stats === undefined ? 0 : 1;
    }
  }
  return { bytes, files };
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
