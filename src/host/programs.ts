/** Small programs that do what Node cannot. Each is searched once, on palhm's own PATH. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure/failure.js';

const PACKAGES = {
  setpriv: 'util-linux',
  ionice: 'util-linux',
  nice: 'coreutils',
  env: 'coreutils',
  tee: 'coreutils',
  test: 'coreutils',
  sh: 'dash',
  unshare: 'util-linux',
  flock: 'util-linux',
  fallocate: 'util-linux',
  getent: 'libc-bin',
  sync: 'coreutils',
  btrfs: 'btrfs-progs',
  fsfreeze: 'util-linux',
  lvcreate: 'lvm2',
  lvremove: 'lvm2',
  lvs: 'lvm2',
  dmsetup: 'dmsetup',
  lvchange: 'lvm2',
  vgimportclone: 'lvm2',
  blkid: 'util-linux',
  blockdev: 'util-linux',
  cryptsetup: 'cryptsetup-bin',
  partx: 'util-linux',
  mount: 'mount',
  losetup: 'mount',
  virsh: 'libvirt-clients',
  'qemu-img': 'qemu-utils',
  'qemu-storage-daemon': 'qemu-system-common',
  umount: 'mount',
} as const;
type Program = keyof typeof PACKAGES;

const paths = new Map<string, string>();

/** The absolute path, searched on palhm's PATH, because that of a stage may lack the program. Failure STAGE_NOT_STARTED. */
export function locateProgram(program: Program): string {
  const path = findProgram(program);
  if (path !== undefined) return path;
  throw new Failure({
    code: 'STAGE_NOT_STARTED',
    message: `the program ${program} is not installed`,
    hint: `install ${PACKAGES[program]}`,
  });
}

/** The Debian package of a program. Undefined for a program that is not in the table above. */
export function packageOf(program: string): string | undefined {
  return new Map<string, string>(Object.entries(PACKAGES)).get(program);
}

/** The absolute path, also when palhm's PATH is empty or useless. Undefined when the program does not exist. */
export function findProgram(program: string): string | undefined {
  if (program.includes('/')) return program;
  const path = paths.get(program) ?? searchPath(program);
  if (path !== undefined) paths.set(program, path);
  return path;
}

function searchPath(program: string): string | undefined {
  // oxlint-disable-next-line node/no-process-env -- they are palhm's own tools, the same for every operation of the process
  const directories = (process.env['PATH'] ?? '')
    .split(':')
    .filter((directory) => directory.startsWith('/'));
  return [...directories, '/usr/bin', '/bin']
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
