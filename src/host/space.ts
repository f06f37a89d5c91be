/** What the file system of a root has left for us, as df shows it. */
import { statfs } from 'node:fs/promises';

export interface Space {
  readonly bytes: number;
  /** Files that can still be made; undefined where there is no such limit, as on btrfs. */
  readonly inodes: number | undefined;
}

/** Less than this is no room for a dump: what keeps a file system from showing exactly zero is its own reserve. */
const NEARLY_NOTHING = 1024 * 1024;

export async function freeSpace(root: string): Promise<Space> {
  const { bavail, bsize, files, ffree } = await statfs(root);
  return { bytes: bavail * bsize, inodes: files === 0 ? undefined : ffree };
}

export function isFull(space: Space): boolean {
  return space.bytes < NEARLY_NOTHING || space.inodes === 0;
}
