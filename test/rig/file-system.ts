/** A file system of some type on a loop device. Needs root; Debian packages: mount, and e2fsprogs or xfsprogs. */
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/failure/failure.js';
import { run } from './btrfs.js';
import { makeScratch } from './scratch.js';

export interface FileSystem {
  /** The file that is its device. */
  readonly image: string;
  /** `/dev/loop7`. It stays that when it is unmounted. */
  readonly device: string;
  /** Where it is mounted. */
  readonly top: string;
  mount(): void;
  unmount(): void;
  /** Thaws it, and unmounts it. */
  remove(): void;
}

/** XFS wants no less. */
const MEGABYTES = 320;

export function makeFileSystem(type: 'ext4' | 'xfs'): FileSystem {
  const directory = makeScratch();
  const image = join(directory, 'image');
  const top = join(directory, 'top');
  mkdirSync(top);
  writeFileSync(image, '');
  truncateSync(image, MEGABYTES * 1024 * 1024);
  run(`mkfs.${type}`, '-q', image);
  // Not `-o loop`: unmounted, it would lose its device to another test, and be another one afterwards.
  const device = run('losetup', '--find', '--show', image);
  const mount = (): void => void run('mount', '-t', type, device, top);
  mount();
  return {
    image,
    device,
    top,
    mount,
    unmount: () => void run('umount', top),
    remove() {
      tryTo('fsfreeze', '-u', top);
      tryTo('umount', '-l', top);
      tryTo('losetup', '--detach', device);
    },
  };
}

function tryTo(program: string, ...args: readonly string[]): void {
  try {
    run(program, ...args);
  } catch {
    // It is not frozen, or not mounted.
  }
}

/** For `skip`: why there can be none; false when there can. */
export function whyNoFileSystem(type: 'ext4' | 'xfs'): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to mount';
  try {
    makeFileSystem(type).remove();
    return false;
  } catch (error) {
    return `no ${type} can be made here: ${messageOf(error)}`;
  }
}
