/** A file that is a disk. It is written under a hidden name beside its own, which only a palhm that is alive has locked. */
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure, isErrno } from '../../../failure/failure.js';
import { syncDirectory } from '../../../host/durable-files.js';
import { takeFlock } from '../../../host/flock.js';
import { runHelper } from '../../../host/helper.js';
import type { Operation } from '../../operation/operation.js';
import { asTargetFailure, inUse, unusable } from '../target-failure.js';
import { findFileUsers } from './device-facts.js';
import type { OpenImage } from './image.js';

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const OWNER_READ_WRITE = 0o600;
/** The mode that programs ask for when they make a file (open(2)), as cp does. */
const NEW_FILE = 0o666;

export interface ImageFile {
  readonly path: string;
  /** Whether a file that is there is replaced. */
  readonly force: boolean;
}

/** Failure TARGET_EXISTS, TARGET_UNUSABLE. */
export async function openImageFile(
  { emit, signal }: Operation,
  { path, force }: ImageFile,
): Promise<OpenImage> {
  const directory = await asTargetFailure(`restore to ${path}`, () =>
    realpath(dirname(resolve(path))),
  );
  const name = basename(resolve(path));
  const place = join(directory, name);
  const unfinished = join(directory, `.${name}.palhm-restore`);
  const losses = await findLosses(place, force);
  const { handle, isLeft } = await asTargetFailure(`write ${unfinished}`, () =>
    openUnfinished(unfinished),
  );
  if (isLeft)
    emit({ type: 'leftover-removed', what: `the unfinished disk ${unfinished}`, processes: 0 });
  let isPublished = false;
  return {
    description: `the file ${place}`,
    path: place,
    losses,
    isMeasured: false,
    prepare: () => Promise.resolve(),
    reopen: (flags) => open(`/proc/self/fd/${handle.fd}`, flags),
    async finish() {
      const argv = ['fallocate', '--dig-holes', '/proc/self/fd/3'] as const;
      // Not every file system can; then the file is as large as it looks.
      await runHelper({ argv, fd: handle.fd, accept: 'any', code: 'TARGET_UNUSABLE', signal });
      await handle.sync();
    },
    async publish() {
      await asTargetFailure(`put ${place} into its place`, async () => {
        await handle.chmod(NEW_FILE & ~process.umask());
        if (force) await rename(unfinished, place);
        else await link(unfinished, place).catch((error: unknown) => throwTaken(error, place));
        isPublished = true;
        if (!force) await unlink(unfinished);
        await syncDirectory(directory);
      });
    },
    async close(isKept) {
      try {
        if (isKept) return;
        // What was replaced by --force is gone: what has its name now is whole.
        if (!isPublished || !force)
          await unlink(isPublished ? place : unfinished).catch(() => undefined);
      } finally {
        await handle.close();
      }
    },
  };
}

async function findLosses(place: string, force: boolean): Promise<readonly string[]> {
  const there = await lstat(place).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (there === undefined) return [];
  if (!there.isFile())
    throw unusable(`${place} is no file, nor a device below /dev`, 'name another file');
  if (!force) throw taken(place);
  const users = await findFileUsers(place);
  if (users.length > 0) throw inUse(place, users);
  return [`${place}, a file of ${there.size} bytes`];
}

function throwTaken(error: unknown, place: string): never {
  throw isErrno(error, 'EEXIST') ? taken(place) : error;
}

function taken(place: string): Failure {
  return new Failure({
    code: 'TARGET_EXISTS',
    message: `${place} is there already`,
    hint: 'name another file, or replace it with --force',
  });
}

/** `isLeft`: a palhm that is dead has left it; it is used again, empty. */
async function openUnfinished(path: string): Promise<{ handle: FileHandle; isLeft: boolean }> {
  let isLeft = false;
  const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, OWNER_READ_WRITE).catch(
    async (error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
      isLeft = true;
      return await open(path, O_RDWR | O_NOFOLLOW);
    },
  );
  try {
    const { type } = await takeFlock({ fd: handle.fd, waitMs: 0 });
    const stats = await handle.stat();
    if (type === 'occupied') throw unusable(`another restore writes ${path}`, 'wait for its end');
    if (!stats.isFile() || stats.nlink !== 1 || stats.uid !== process.geteuid?.())
      throw unusable(`${path} is there, and palhm has not made it`, 'move it away');
    await handle.truncate(0);
    return { handle, isLeft };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
