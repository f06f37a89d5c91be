/**
 * The disk of a guest: partitions, and what is in them. Needs root, loop devices and the device mapper; Debian packages: those of test/rig/lvm.ts,
 * fdisk, cryptsetup-bin.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './lvm.js';
import { makeScratch } from './scratch.js';

/** `fill` writes to a device that is as large. */
export interface GuestPartition {
  readonly megabytes: number;
  readonly fill: (device: string) => void;
}

/** Makes the image of a disk with a table of partitions in the directory, and returns its path. */
export function makeImage(directory: string, partitions: readonly GuestPartition[]): string {
  const image = join(directory, 'image');
  const total = partitions.reduce((sum, { megabytes }) => sum + megabytes, 2);
  run('truncate', '-s', `${total}M`, image);
  const lines = partitions.map(({ megabytes }) => `size=${megabytes}MiB\n`);
  const table = join(directory, 'table');
  writeFileSync(table, `label: gpt\n${lines.join('')}`);
  run('sh', '-c', `sfdisk --quiet ${image} < ${table}`);
  let start = 1;
  for (const { megabytes, fill } of partitions) {
    const where = ['--offset', `${start}MiB`, '--sizelimit', `${megabytes}MiB`];
    withLoop(image, fill, where);
    start += megabytes;
  }
  return image;
}

export function withLoop(
  file: string,
  work: (device: string) => void,
  where: readonly string[] = [],
): void {
  const device = run('losetup', '--find', '--show', ...where, file);
  try {
    work(device);
  } finally {
    run('losetup', '--detach', device);
  }
}

/** Makes an ext4 with a file `who` that has this text. */
export function fillExt4(device: string, who: string): void {
  run('mkfs.ext4', '-q', '-F', device);
  const path = makeScratch();
  mkdirSync(path, { recursive: true });
  run('mount', device, path);
  writeFileSync(join(path, 'who'), who);
  run('umount', path);
  rmSync(path, { recursive: true });
}

/** Makes a group with a volume `root` and a thin one `thin` of 12 MB, and leaves it inactive. */
export function fillLvm(device: string, group: string): void {
  // udev would activate it again.
  run('vgcreate', '-qq', '--setautoactivation', 'n', group, device);
  run('lvcreate', '-qq', '-y', '-L', '12M', '-n', 'root', group);
  fillExt4(`/dev/${group}/root`, 'root of the guest');
  run('lvcreate', '-qq', '-y', '-L', '12M', '-V', '12M', '-T', `${group}/pool`, '-n', 'thin');
  fillExt4(`/dev/${group}/thin`, 'thin of the guest');
  run('vgchange', '-qq', '-an', group);
  // Its links in /dev: no group of the same name is made while they are there.
  run('udevadm', 'settle');
}

/** Encrypts a device, and fills what is in it. */
export function fillLuks(
  device: string,
  { type, passphrase }: { readonly type: 'luks1' | 'luks2'; readonly passphrase: string },
  fill: (device: string) => void,
): void {
  const call = { input: passphrase } as const;
  const quick = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
  execFileSync('cryptsetup', ['luksFormat', '-q', '--type', type, ...quick, device, '-'], call);
  execFileSync('cryptsetup', ['open', '--key-file', '-', device, 'palhm-test-luks'], call);
  try {
    fill('/dev/mapper/palhm-test-luks');
  } finally {
    run('cryptsetup', 'close', 'palhm-test-luks');
  }
}
