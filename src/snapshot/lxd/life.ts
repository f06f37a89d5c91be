/**
 * Tells what a living palhm has made from what a dead one has left: by a file for each snapshot, locked by its palhm. The kernel frees
 * the lock when it dies. The file is in a directory that all users and units of the host share.
 */
import { constants } from 'node:fs';
import { access, type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isErrno } from '../../failure/failure.js';
import { takeFlock } from '../../host/flock.js';

const SHARED = '/run/lock';
/** Where that may not be written. */
const OWN = tmpdir();
const DIRECTORIES = [SHARED, OWN];
const SUFFIX = '.lock';

export interface Life {
  /** Frees the lock and removes the file. May be called again. */
  end(): Promise<void>;
}

/** Of a new snapshot with this name, which no other one has. */
export async function begin(name: string): Promise<Life> {
  const isShared = await access(SHARED, constants.W_OK).then(
    () => true,
    () => false,
  );
  const path = join(isShared ? SHARED : OWN, name + SUFFIX);
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  return await lock(handle, path, () => {
    throw new Error(`${path} is locked by somebody else`);
  });
}

/** The end of a dead one: nobody else may tidy it meanwhile. Undefined when it is alive, or when that cannot be known. */
export async function takeOver(name: string): Promise<Life | undefined> {
  for (const directory of DIRECTORIES) {
    const path = join(directory, name + SUFFIX);
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      return await lock(await open(path, flags), path, () => undefined);
    } catch (error) {
      if (isErrno(error, 'EACCES', 'EPERM', 'ELOOP')) return undefined;
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
  // The host was started anew since.
  return { end: () => Promise.resolve() };
}

/** Removes the files of dead ones that have made nothing. */
export async function sweep(isOurs: (name: string) => boolean): Promise<void> {
  for (const file of (await Promise.all(DIRECTORIES.map(list))).flat()) {
    const name = basename(file, SUFFIX);
    if (file.endsWith(SUFFIX) && isOurs(name)) await (await takeOver(name))?.end();
  }
}

function list(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}

async function lock<T>(handle: FileHandle, path: string, otherwise: () => T): Promise<Life | T> {
  try {
    const { type } = await takeFlock({ fd: handle.fd, waitMs: 0 });
    if (type !== 'taken') {
      await handle.close();
      return otherwise();
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  let isOver = false;
  return {
    async end() {
      if (isOver) return;
      isOver = true;
      // That of another user cannot be removed from a shared directory, and does no harm.
      await unlink(path).catch(() => undefined);
      await handle.close();
    },
  };
}
