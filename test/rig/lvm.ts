/**
 * A volume group of its own on a loop device: two volumes and a thin one, each with a file system. Needs root and the device mapper;
 * Debian packages: lvm2, thin-provisioning-tools, dmsetup, e2fsprogs, xfsprogs, mount, util-linux.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseMounts } from '../../src/host/mounts.js';
import { PLACE } from '../../src/snapshot/lvm/place.js';
import { makeScratch } from './scratch.js';

export function run(program: string, ...args: readonly string[]): string {
  const env = { ...process.env, LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1' };
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  }).trimEnd();
}

export interface Lvm {
  readonly group: string;
  /** Makes a volume. `type` of its file system; none without. Returns where it is mounted. */
  add(name: string, how: readonly string[], type?: 'ext4' | 'xfs'): string;
  /** The names of the volumes, sorted. */
  list(): readonly string[];
  remove(): void;
}

export function makeLvm(
  megabytes = 1200,
  group = `palhm-test-${randomBytes(3).toString('hex')}`,
): Lvm {
  const directory = makeScratch();
  const file = join(directory, 'disk');
  run('truncate', '-s', `${megabytes}M`, file);
  const device = run('losetup', '--find', '--show', file);
  run('vgcreate', '-qq', group, device);
  const mounted: string[] = [];
  return {
    group,
    add(name, how, type) {
      run('lvcreate', '-qq', '-y', '-n', name, ...how);
      const path = join(directory, name);
      if (type === undefined) return path;
      run(`mkfs.${type}`, '-q', `/dev/${group}/${name}`);
      mkdirSync(path);
      run('mount', `/dev/${group}/${name}`, path);
      mounted.push(path);
      return path;
    },
    list: () =>
      run('lvs', '--noheadings', '-o', 'lv_name', group)
        .split('\n')
        .map((line) => line.trim())
        .toSorted(),
    remove() {
      for (const path of mounted) run('umount', path);
      run('vgremove', '-qq', '-f', group);
      run('losetup', '--detach', device);
      rmSync(directory, { recursive: true });
    },
  };
}

/** Where palhm has mounted snapshots. */
export function snapshotMounts(): readonly string[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'))
    .map(({ mountPoint }) => mountPoint)
    .filter((path) => path.startsWith(`${PLACE}/`));
}
