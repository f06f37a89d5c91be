/** Mounts the file system of a snapshot, and takes away what stands on one. */
import { readFile, stat } from 'node:fs/promises';
import type { MountPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, isErrno } from '../../failure/failure.js';
import { type Mount, parseMounts } from '../../host/mounts.js';
import { quoteForShell } from '../../units/shell-quote.js';
import { PLACE } from './place.js';
import { runProgram } from './volume.js';

/** A second file system with the same UUID beside the first: XFS has to be told. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = { xfs: ['nouuid'] };

/** `fd` stays open until the programs have ended. */
export async function mountSnapshot(
  device: string,
  { path, plan, fd }: { readonly path: string; readonly plan: MountPlan; readonly fd: number },
): Promise<void> {
  const type = await typeOf(device, fd);
  const why = whyNotMounted(type);
  if (why !== undefined) throw unmountable(device, why);
  // The journal of a machine's own file system may be played back first: the snapshot itself is writable. The last word counts.
  const options = ['nosuid', 'nodev', ...(OPTIONS[type] ?? []), ...plan.options, 'ro'].join(',');
  await runProgram(['mount', '-t', type, '-o', options, device, path], { fd });
}

/** What is on a device, as blkid(8) calls it; empty for nothing. */
export async function typeOf(device: string, fd?: number): Promise<string> {
  const argv = ['blkid', '-p', '-s', 'TYPE', '-o', 'value', device] as const;
  const call = fd === undefined ? {} : { fd };
  const { stdout } = await runProgram([...argv], { accept: 'any', ...call });
  return stdout;
}

/** Undefined when it can be. `type`: as blkid(8) has it. */
export function whyNotMounted(type: string): string | undefined {
  if (type === '') return 'there is no file system on it';
  if (type === 'btrfs') return 'btrfs bears no second device with the same file system';
  return /_member$|^crypto_|^swap$/.test(type)
    ? `there is no file system on it, but ${type}`
    : undefined;
}

function unmountable(device: string, why: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message: `${device} cannot be mounted: ${why}`,
    hint: 'leave "mount" out, and read its device',
  });
}

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

export async function mountsOf(device: string): Promise<readonly Mount[]> {
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
