/**
 * A block device that is there. It is held with O_EXCL from the first look to the end: so the kernel itself refuses what is
 * mounted, swapped on, part of a mapping, of a RAID or of a partition in use, and lets nobody mount it meanwhile (open(2)).
 */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Failure, isErrno } from '../../../failure/failure.js';
import { numbersFrom } from '../../../host/block-devices.js';
import { formatSize } from '../../../units/bytes.js';
import { asTargetFailure, inUse, unusable } from '../target-failure.js';
import { describeDevice, findContents, findUsers, isReadOnly, sizeOf } from './device-facts.js';
import type { OpenImage } from './image.js';

const { O_RDWR, O_EXCL } = constants;
const LSBLK = 'name one of those that lsblk shows';

/** Failure TARGET_UNUSABLE; TARGET_EXISTS when something that is known is on it, unless that may be overwritten. */
export async function openDevice(
  path: string,
  { force }: { readonly force: boolean },
): Promise<OpenImage> {
  const description = `the block device ${path}`;
  const holder = await asTargetFailure(`open ${description}`, () => hold(path));
  try {
    const numbers = numbersFrom((await holder.stat()).rdev);
    const room = await sizeOf(numbers);
    const users = await findUsers(numbers);
    if (users.length > 0) throw inUse(path, users);
    const contents = await findContents(holder.fd);
    if (contents.length > 0 && !force) throw occupied(path, contents);
    return {
      description,
      path,
      losses: [
        `${path} (${await describeDevice(numbers)})`,
        contents.length === 0
          ? '  It holds nothing that is known here.'
          : `  It holds ${contents.join(', ')}.`,
      ],
      isMeasured: true,
      async prepare(size = 0) {
        if (size > room) throw tooSmall(path, room, size);
      },
      reopen: (flags) => open(`/proc/self/fd/${holder.fd}`, flags),
      finish: () => holder.sync(),
      publish: () => Promise.resolve(),
      close: () => holder.close(),
    };
  } catch (error) {
    await holder.close();
    throw error;
  }
}

async function hold(path: string): Promise<FileHandle> {
  const before = await stat(path).catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw unusable(`there is no ${path}`, LSBLK);
  });
  if (!before.isBlockDevice()) throw unusable(`${path} is no block device`, LSBLK);
  const numbers = numbersFrom(before.rdev);
  if (await isReadOnly(numbers)) throw unusable(`${path} is read-only`, 'see blockdev --setrw');
  try {
    const handle = await open(path, O_RDWR | O_EXCL);
    if ((await handle.stat()).rdev === before.rdev) return handle;
    await handle.close();
    throw unusable(`${path} has become another device meanwhile`, 'look who changes it');
  } catch (error) {
    if (!isErrno(error, 'EBUSY')) throw error;
    throw inUse(path, await findUsers(numbers));
  }
}

function occupied(path: string, contents: readonly string[]): Failure {
  return new Failure({
    code: 'TARGET_EXISTS',
    message: `${path} is not empty: it holds ${contents.join(', ')}`,
    details: ['Nothing was written.'],
    hint: 'name another device, or overwrite it with --force',
  });
}

function tooSmall(path: string, room: number, size: number): Failure {
  return new Failure({
    code: 'TARGET_UNUSABLE',
    message: `${path} is too small: it has ${formatSize(room)} (${room} bytes), and the object ${formatSize(size)} (${size} bytes)`,
    hint: 'name a larger device, or let a volume be made: lvm:VG/NAME',
  });
}
