/**
 * Mounts file systems that are on the disks of a snapshot, on this host: a loop device on the view of the disk, from the beginning of
 * the partition to its end. Not by `losetup --partscan`, which shows all partitions to the host, and to its udev.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOfMount } from '../../config/plan/snapshots/libvirt.js';
import type { LibvirtMountPlan } from '../../config/plan/snapshots/sources.js';
import { runHelper } from '../../host/helper.js';
import { findMountsBelow } from '../../host/mounts.js';
import { mountSnapshot } from '../mount.js';
import { findPartition } from '../part/partition.js';
import { runProgram } from '../programs.js';
import { ownViewOf, type Viewing } from './view.js';

const MOUNTED = '.mounted';
const SECTOR = 512;

export function mountPointOf({ directory }: Viewing, plan: LibvirtMountPlan): string {
  return join(directory, `${nameOfMount(plan)}${MOUNTED}`);
}

/** `fd`: stays open until the programs have ended. Failure SNAPSHOT_FAILED. */
export async function mountPart(
  viewing: Viewing,
  plan: LibvirtMountPlan,
  fd: number,
): Promise<void> {
  const disk = ownViewOf(viewing, plan.disk);
  const [step] = plan.part;
  const range =
    step === undefined
      ? []
      : await rangeOf(disk, { number: step.number, name: `the disk "${plan.disk}"`, fd });
  const { stdout: loop } = await runProgram(['losetup', '--find', '--show', ...range, disk], {
    fd,
  });
  try {
    const path = mountPointOf(viewing, plan);
    await mkdir(path);
    await mountSnapshot(loop, { path, plan, fd });
  } finally {
    // While it is mounted the kernel keeps it.
    await runProgram(['losetup', '--detach', loop], { fd });
  }
}

/** Where it is, for losetup(8). */
async function rangeOf(
  view: string,
  wanted: { readonly number: number; readonly name: string; readonly fd: number },
): Promise<readonly string[]> {
  const { start, sectors } = await findPartition(view, wanted);
  return ['--offset', String(start * SECTOR), '--sizelimit', String(sectors * SECTOR)];
}

/** Also what a dead palhm has left. Failure SNAPSHOT_LEFT while somebody works in it. */
export async function unmountParts(directory: string): Promise<void> {
  const code = 'SNAPSHOT_LEFT';
  const mounts = (await findMountsBelow(directory)).filter((path) => path.endsWith(MOUNTED));
  for (const path of mounts.toReversed())
    await runHelper({ argv: ['umount', path], code, hint: `see who uses it: fuser -vm ${path}` });
  // One that was made and not mounted.
  const argv = [
    'losetup',
    '--list',
    '--noheadings',
    '--raw',
    '--output',
    'NAME,BACK-FILE',
  ] as const;
  const { stdout } = await runHelper({ argv: [...argv], code });
  for (const line of stdout.split('\n')) {
    const [loop = '', file = ''] = line.split(' ');
    if (file.startsWith(`${directory}/`))
      await runHelper({ argv: ['losetup', '--detach', loop], code });
  }
}
