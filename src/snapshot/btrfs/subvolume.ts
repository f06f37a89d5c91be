/**
 * Subvolumes, by the program `btrfs` (btrfs-subvolume(8)). What is removed is named by its number, which comes from an open
 * descriptor: whoever may write into the directory could put something else under its name meanwhile.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';

/** How long a call of `btrfs` may take. A snapshot waits for what is not written yet. */
const TIMEOUT_MS = 10 * 60_000;

/** The inode number of the root of every subvolume: BTRFS_FIRST_FREE_OBJECTID. */
export const ROOT_INODE = 256;

/** Undefined when there is nothing, or no directory. It may not be a subvolume. */
export async function openDirectory(path: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  try {
    return await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

/** What is known of a subvolume. */
export interface Subvolume {
  readonly id: string;
  readonly uuid: string;
  /** Of the subvolume that it is a snapshot of; `-` for none. */
  readonly parentUuid: string;
  readonly isReadOnly: boolean;
}

/** Undefined when the directory is no subvolume. */
export async function inspectSubvolume(directory: FileHandle): Promise<Subvolume | undefined> {
  const { ino } = await directory.stat();
  if (ino !== ROOT_INODE) return undefined;
  const id = await runBtrfs(['inspect-internal', 'rootid', FD], directory.fd);
  const text = await runBtrfs(['subvolume', 'show', '--rootid', id, FD], directory.fd);
  const field = (name: string): string =>
    new RegExp(`^\\s*${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return {
    id,
    uuid: field('UUID'),
    parentUuid: field('Parent UUID'),
    isReadOnly: field('Flags').includes('readonly'),
  };
}

/** The subvolumes directly in this one, by their paths in the file system. */
export async function listNested(directory: FileHandle): Promise<readonly string[]> {
  const text = await runBtrfs(['subvolume', 'list', '-o', FD], directory.fd);
  return text.split('\n').flatMap((line) => / path (.*)$/.exec(line)?.[1] ?? []);
}

/** In the directory behind this descriptor. */
export async function takeSnapshot(
  source: string,
  { directory, name }: { readonly directory: FileHandle; readonly name: string },
): Promise<void> {
  await runBtrfs(['subvolume', 'snapshot', '-r', source, join(FD, name)], directory.fd);
}

/** `directory`: any on the same file system. Durable when it returns. */
export async function deleteSubvolume(directory: FileHandle, id: string): Promise<void> {
  const argv = ['subvolume', 'delete', '--commit-after', '--subvolid', id, FD];
  await runBtrfs(argv, directory.fd);
}

/** Descriptor 3 of the program. */
const FD = '/dev/fd/3';

async function runBtrfs(args: readonly string[], fd: number): Promise<string> {
  const { stdout } = await runHelper({
    argv: ['btrfs', ...args],
    code: 'SNAPSHOT_FAILED',
    timeoutMs: TIMEOUT_MS,
    fd,
  });
  return stdout;
}
