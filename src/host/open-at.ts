/**
 * Opens files below a directory and never follows a symbolic link, even if somebody makes one meanwhile. Node has no
 * openat(2). So every step starts from the descriptor of the previous directory, through /proc.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure, isErrno } from '../failure/failure.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** The path of a name in an open directory. Without a name, the path of the directory itself. */
export function inside({ fd }: FileHandle, name = ''): string {
  return `/proc/self/fd/${fd}/${name}`;
}

/** Opens a directory inside an open directory. Fails with ENOTDIR or ELOOP when the name is something else. */
export function openDirectoryIn(parent: FileHandle, name: string): Promise<FileHandle> {
  return open(inside(parent, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

export interface Step {
  readonly parent: FileHandle;
  readonly name: string;
  /** The path so far, including `name`. */
  readonly path: string;
}

/**
 * Goes down from an open directory, which stays open. Returns the last directory, which the caller closes. Undefined when
 * `openStep` returns undefined: there is no way further down.
 */
export async function descend<Next extends FileHandle | undefined>(
  top: FileHandle,
  names: readonly string[],
  openStep: (step: Step) => Promise<Next>,
): Promise<FileHandle | Next> {
  let parent: FileHandle = await open(inside(top), O_RDONLY | O_DIRECTORY);
  try {
    for (const [index, name] of names.entries()) {
      const path = names.slice(0, index + 1).join('/');
      const next = await openStep({ parent, name, path });
      await parent.close();
      if (next === undefined) return next;
      parent = next;
    }
    return parent;
  } catch (error) {
    await parent.close().catch(() => undefined);
    throw error;
  }
}

/** Opens a regular file of a copy for reading. Failure COPY_DAMAGED when it is missing or is not a regular file. */
export async function openBelow(directory: string, path: string): Promise<FileHandle> {
  const names = path.split('/');
  const name = names.pop() ?? '';
  const top = await open(directory, O_RDONLY | O_DIRECTORY);
  try {
    const parent = await descend(top, names, (step) => openDirectoryIn(step.parent, step.name));
    try {
      return await openFileIn(parent, name);
    } finally {
      await parent.close();
    }
  } catch (error) {
    throw isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')
      ? damageFailure(path, error)
      : error;
  } finally {
    await top.close();
  }
}

/** O_NONBLOCK: opening a FIFO does not wait for a writer. Then it is refused, as not a regular file. */
async function openFileIn(parent: FileHandle, name: string): Promise<FileHandle> {
  const handle = await open(inside(parent, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if ((await handle.stat()).isFile()) return handle;
    throw Object.assign(new Error('not a regular file'), { code: 'ENXIO' });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function damageFailure(path: string, error: unknown): Failure {
  const missing = isErrno(error, 'ENOENT');
  return new Failure({
    code: 'COPY_DAMAGED',
    message: missing
      ? `object "${path}" is missing from the copy`
      : `object "${path}" is not a regular file of the copy`,
    hint: missing
      ? 'restore it from another copy'
      : 'somebody has changed the copy: look at what is there; palhm follows no symbolic link in a copy',
  });
}
