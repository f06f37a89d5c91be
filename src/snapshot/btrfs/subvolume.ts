/**
 * Subvolumes, by the program `btrfs` (btrfs-subvolume(8)). What is removed is named by its number, which comes from an open
 * descriptor: whoever may write into the directory could put something else under its name meanwhile.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, isErrno } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';

/** How long a call of `btrfs` may take. A snapshot waits for what is not written yet. */
const TIMEOUT_MS = 10 * 60_000;

/** The inode number of the root of every subvolume: BTRFS_FIRST_FREE_OBJECTID. */
export const ROOT_INODE = 256;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Of the config. Undefined when there is nothing, or no directory. It may not be a subvolume. */
export function openDirectory(path: string): Promise<FileHandle | undefined> {
  return openWith(path, O_RDONLY | O_DIRECTORY);
}

/** An entry of a directory, as the above, but of a symbolic link undefined. */
export function openEntry(path: string): Promise<FileHandle | undefined> {
  return openWith(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

async function openWith(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
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

/** Whether the subvolume behind the descriptor has been removed: the kernel says so in the name (proc_pid_fd(5)). */
export async function isRemoved({ fd }: FileHandle): Promise<boolean> {
  return (await readlink(`/proc/self/fd/${fd}`)).endsWith(' (deleted)');
}

/** The subvolumes directly in this one, by their paths in the file system. */
export async function listNested(subvolume: FileHandle): Promise<readonly string[]> {
  const text = await runBtrfs(['subvolume', 'list', '-o', FD], subvolume.fd);
  // A name may have line breaks.
  return text.split(/\n(?=ID \d)/).flatMap((one) => / path ([^]*)$/.exec(one)?.[1] ?? []);
}

/** In the directory behind this descriptor. */
export async function takeSnapshot(
  source: string,
  { directory, name }: { readonly directory: FileHandle; readonly name: string },
): Promise<void> {
  await runBtrfs(['subvolume', 'snapshot', '-r', source, join(FD, name)], directory.fd);
}

/**
 * Not durable when it returns: after a power cut the next run removes it. To wait for that takes up to 30 s when several wait.
 * `by`: a subvolume of the same file system, since `btrfs` refuses a mere directory; the kernel asks whether its mount may be written
 * to. It is an open descriptor, since by now its path may lead to another file system.
 */
export async function deleteSubvolume(by: FileHandle, id: string): Promise<void> {
  await runBtrfs(['subvolume', 'delete', '--subvolid', id, FD], by.fd);
}

/** Descriptor 3 of the program. */
const FD = '/dev/fd/3';

async function runBtrfs(args: readonly string[], fd: number): Promise<string> {
  try {
    const { stdout } = await runHelper({
      argv: ['btrfs', ...args],
      code: 'SNAPSHOT_FAILED',
      timeoutMs: TIMEOUT_MS,
      fd,
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [, hint] = HINTS.find(([words]) => words.test(error.details.join('\n'))) ?? [];
    throw hint === undefined ? error : error.as({ hint });
  }
}

const HINTS = [
  [
    /Read-only file system/,
    'the directory of the snapshots has to be writable: see "findmnt -T DIRECTORY"; in a unit of systemd ReadWritePaths=DIRECTORY',
  ],
  [/Operation not permitted/, 'run palhm as root; in a unit of systemd with CAP_SYS_ADMIN'],
] as const;
