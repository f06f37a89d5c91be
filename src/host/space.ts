/** The free space of a file system for this user, as df shows it. */
import { statfs } from 'node:fs/promises';

export interface Space {
  /** Infinity where it is not told, as by some file systems of FUSE. */
  readonly bytes: number;
  /** How many files can still be made. Undefined where there is no such limit, as on btrfs. */
  readonly inodes: number | undefined;
}

/** Less than this counts as full: because of its own reserves, a full file system does not show exactly zero. */
const NEARLY_NOTHING = 1024 * 1024;

export async function freeSpace(root: string): Promise<Space> {
  const { bavail, bsize, blocks, files, ffree } = await statfs(root);
  const bytes = blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
  return { bytes, inodes: files === 0 ? undefined : ffree };
}

export function isFull(space: Space): boolean {
  return space.bytes < NEARLY_NOTHING || space.inodes === 0;
}
