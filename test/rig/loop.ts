/** Loop devices, as disks that a test may overwrite. Needs root; Debian packages: mount, util-linux. */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/failure/failure.js';
import { run } from './btrfs.js';
import { makeScratch } from './scratch.js';

export interface Loop {
  /** `/dev/loop7`. */
  readonly device: string;
  /** The file that it is on. */
  readonly file: string;
  remove(): void;
}

export function makeLoop(bytes: number, ...options: readonly string[]): Loop {
  const file = join(makeScratch(), 'disk');
  writeFileSync(file, '');
  truncateSync(file, bytes);
  const device = run('losetup', '--find', '--show', ...options, file);
  return { device, file, remove: () => void run('losetup', '--detach', device) };
}

/** For `skip`: why there can be none; false when there can. */
export function whyNoLoop(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, for loop devices';
  try {
    makeLoop(4096).remove();
    return false;
  } catch (error) {
    return `no loop device can be made here: ${messageOf(error)}`;
  }
}
