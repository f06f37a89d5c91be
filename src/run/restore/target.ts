/**
 * The directory of `--to`. It may belong to another user, who changes it during the restore: so no symbolic link below it
 * is followed, see host/open-at.ts.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readFile, realpath, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MANIFEST_NAME } from '../../copy/manifest.js';
import { OWN_START } from '../../copy/object-path.js';
import { type Failure, isErrno } from '../../failure/failure.js';
import { descend as descendFrom, inside, openDirectoryIn, type Step } from '../../host/open-at.js';
import type { SourceCopy } from './source.js';
import { asTargetFailure, unusable } from './target-failure.js';

export interface Target {
  /** Its real path. Symbolic links up to it were followed: the user has named them. */
  readonly path: string;
  readonly handle: FileHandle;
  /** Its file system, and which mount of it. A file cannot be moved to another one. */
  readonly mount: string;
  /** Removes the directories that were made for it, as far as they are empty. */
  forget(): Promise<void>;
}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

/** Opens the directory, or makes it. Failure TARGET_UNUSABLE: no directory is left that was made for it. */
export async function openTarget(directory: string): Promise<Target> {
  return asTargetFailure(`restore to ${directory}`, async () => {
    const created: string[] = [];
    const forget = async (): Promise<void> => {
      for (const one of created.toReversed()) await rmdir(one).catch(() => undefined);
    };
    try {
      await makeWithParents(resolve(directory), created);
      const path = await realpath(directory);
      const handle = await open(path, DIRECTORY | constants.O_NOFOLLOW);
      return { path, handle, mount: await mountOf(handle), forget };
    } catch (error) {
      await forget();
      throw error;
    }
  });
}

/** The device and the id of the mount, proc_pid_fdinfo(5): a bind mount has the device of what it shows. Closes the handle when it fails. */
async function mountOf(handle: FileHandle): Promise<string> {
  try {
    const info = await readFile(`/proc/self/fdinfo/${handle.fd}`, 'utf8');
    return `${(await handle.stat()).dev} ${/^mnt_id:\s*(\d+)/m.exec(info)?.[1]}`;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function makeWithParents(path: string, created: string[]): Promise<void> {
  try {
    await mkdir(path);
    created.push(path);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return;
    if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeWithParents(dirname(path), created);
    await mkdir(path);
    created.push(path);
  }
}

const SETGID = 0o2000;

/**
 * Gives a new file or directory the group that the kernel would have given it at this path: in a directory with the setgid
 * bit that of the directory, and the bit to a directory (inode(7)). What was staged in a target with the bit has the group of
 * that already. False when it has its user's own group instead: only a member of a group can give it to a file.
 */
export async function inheritGroup(
  target: Target,
  path: string,
  entry: FileHandle,
): Promise<boolean> {
  const above = await statNearest(target, path);
  const isHandedDown = (above.mode & SETGID) !== 0;
  if (!isHandedDown && ((await target.handle.stat()).mode & SETGID) === 0) return true;
  const own = process.getegid?.() ?? -1;
  const isGiven = await giveGroup(entry, isHandedDown ? above.gid : own);
  if (!isGiven) await giveGroup(entry, own);
  const made = await entry.stat();
  const wanted = isHandedDown && isGiven ? SETGID : 0;
  if (made.isDirectory() && (made.mode & SETGID) !== wanted)
    await entry.chmod((made.mode & 0o7777 & ~SETGID) | wanted);
  return isGiven;
}

async function giveGroup(entry: FileHandle, gid: number): Promise<boolean> {
  if ((await entry.stat()).gid === gid) return true;
  try {
    await entry.chown(-1, gid);
    return true;
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    return false;
  }
}

/** Of the directories on the way to a path the last one that is there. */
async function statNearest(target: Target, path: string): Promise<Stats> {
  const { parent } = await descend(target, path);
  if (parent === undefined) return await statNearest(target, dirname(path));
  try {
    return await parent.stat();
  } finally {
    await parent.close();
  }
}

export interface Descent {
  /** The directory that holds the last part. Undefined when a directory on the way is missing and was not made. */
  readonly parent: FileHandle | undefined;
  readonly name: string;
}

/**
 * Opens the directory of a path below the target; the caller closes it. `onMissing` makes a directory that is not there;
 * without it none is made. Failure TARGET_UNUSABLE for a symbolic link, a file or another file system on the way.
 */
export async function descend(
  target: Target,
  path: string,
  onMissing?: (step: Step) => Promise<void>,
): Promise<Descent> {
  const names = path.split('/');
  const name = names.pop() ?? '';
  const parent = await descendFrom(target.handle, names, (step) =>
    openStep(target, step, onMissing),
  );
  return { parent, name };
}

async function openStep(
  target: Target,
  step: Step,
  onMissing: Parameters<typeof descend>[2],
): Promise<FileHandle | undefined> {
  const { parent, name, path } = step;
  let child: FileHandle;
  try {
    child = await openDirectoryIn(parent, name);
  } catch (error) {
    if (isErrno(error, 'ENOTDIR', 'ELOOP')) throw await inTheWay(target, step);
    if (!isErrno(error, 'ENOENT')) throw error;
    if (onMissing === undefined) return undefined;
    await onMissing(step);
    child = await openDirectoryIn(parent, name);
  }
  if ((await mountOf(child)) === target.mount) return child;
  await child.close();
  throw unusable(
    `${target.path}/${path} is on another file system than ${target.path}, or mounted by itself`,
    'restore what goes there by itself: name it with --object, and that directory with --to',
  );
}

async function inTheWay(target: Target, { parent, name, path }: Step) {
  const isLink =
    (await lstat(inside(parent, name)).catch(() => undefined))?.isSymbolicLink() === true;
  return unusable(
    `${target.path}/${path} is ${isLink ? 'a symbolic link' : 'not a directory'}, and an object goes below it`,
    isLink
      ? 'restore to another directory: a link in the target is not followed'
      : 'restore to another directory, or move it away',
  );
}

/**
 * Nothing is restored into the copy that it comes from, into another one, or over what a sink has beside its copies. `path`: a real path.
 * Failure TARGET_UNUSABLE.
 */
export async function checkOutside(
  path: string,
  { stored: { directory } }: Pick<SourceCopy, 'stored'>,
): Promise<void> {
  const source =
    directory && (await asTargetFailure(`find ${directory}`, () => realpath(directory)));
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    if (at === source) throw inCopy(path, 'the copy that is restored');
    if (basename(at).startsWith(OWN_START)) throw inCopy(path, `${at}, which is palhm's own`);
    if (await isThere(join(at, MANIFEST_NAME))) throw inCopy(path, `the copy ${at}`);
  }
}

function inCopy(path: string, what: string): Failure {
  return unusable(`${path} is inside ${what}`, 'name another place: a copy is never written to');
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: unknown) => !isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES'),
  );
}
