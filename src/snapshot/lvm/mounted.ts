/** What is mounted of a snapshot. */
import { readFile, stat } from 'node:fs/promises';
import { Failure, isErrno } from '../../failure/failure.js';
import { type Mount, parseMounts } from '../../host/mounts.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { runProgram } from '../programs.js';
import { PLACE } from './place.js';

/** Unmounts what palhm has mounted of a device. Failure SNAPSHOT_LEFT when others have mounted it, or work in it. */
export async function unmountAll(device: string): Promise<void> {
  for (let before = Infinity; ; ) {
    const mounts = await mountsOf(device);
    const strange = mounts.find(({ mountPoint }) => !mountPoint.startsWith(`${PLACE}/`));
    if (strange !== undefined) throw inUse(device, strange.mountPoint);
    const last = mounts.at(-1);
    if (last === undefined) return;
    const { exitCode } = await runProgram(['umount', last.mountPoint], { accept: 'any' });
    // Another may have been quicker: a program that a palhm had started which was killed.
    if (exitCode !== 0 && mounts.length >= before) throw inUse(device, last.mountPoint);
    before = mounts.length;
  }
}

function inUse(device: string, mountPoint: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_LEFT',
    message: `${device} is mounted on ${mountPoint}, and cannot be unmounted`,
    hint: `see who uses it: fuser -vm ${quoteForShell(mountPoint)}`,
  });
}

async function mountsOf(device: string): Promise<readonly Mount[]> {
  const number = await numberOf(device);
  if (number === undefined) return [];
  const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  return mounts.filter((mount) => mount.device === number);
}

/** `major:minor`. Undefined when there is no such device. */
async function numberOf(device: string): Promise<string | undefined> {
  try {
    const { rdev } = await stat(device);
    // See makedev(3) and <linux/kdev_t.h>: new_decode_dev.
    const [major, minor] = [(rdev >>> 8) & 0xfff, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)];
    return `${major}:${minor}`;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
