/** A btrfs file system on a loop device. Needs root; Debian packages: btrfs-progs, mount. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/failure/failure.js';
import { makeScratch } from './scratch.js';
import { until } from './until.js';

export interface Btrfs {
  /** The file that is its device. */
  readonly image: string;
  /** Where its top level is mounted. */
  readonly top: string;
  /** A subvolume of it. */
  readonly data: string;
  /** Mounts it once more, with these options, and returns where. */
  mountAgain(options: string): string;
  remove(): void;
}

export function makeBtrfs(megabytes = 64): Btrfs {
  const directory = makeScratch();
  const image = join(directory, 'image');
  const mounted: string[] = [];
  const mountAt = (at: string, args: readonly string[]): string => {
    mkdirSync(at);
    run('mount', ...args, at);
    mounted.push(at);
    return at;
  };
  writeFileSync(image, '');
  truncateSync(image, megabytes * 1024 * 1024);
  // So small a one has no room for data and metadata apart.
  run('mkfs.btrfs', '--quiet', '--mixed', image);
  const top = mountAt(join(directory, 'top'), ['-t', 'btrfs', '-o', 'loop', image]);
  const device = run('findmnt', '-no', 'SOURCE', '--mountpoint', top);
  const data = join(top, 'data');
  run('btrfs', 'subvolume', 'create', data);
  return {
    image,
    top,
    data,
    mountAgain: (options) =>
      mountAt(join(directory, `mount-${mounted.length}`), ['-o', options, device]),
    remove() {
      for (const at of mounted.splice(0).toReversed()) run('umount', '-l', at);
    },
  };
}

/** For `skip`: why there can be none; false when there can. */
export function whyNoBtrfs(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to mount';
  try {
    makeBtrfs().remove();
    return false;
  } catch (error) {
    return `no btrfs can be made here: ${messageOf(error)}`;
  }
}

/** Runs a program that must succeed; its output without blanks around it. */
export function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** The names of the snapshots of palhm that a file system has, sorted. */
export function snapshotsIn(top: string): readonly string[] {
  const text = run('btrfs', 'subvolume', 'list', top);
  return [...text.matchAll(/\.palhm[^/\n]*$/gm)].map(([name]) => name).toSorted();
}

/** A process that has locked a directory, as a palhm does while it takes a snapshot in it. */
export interface Holder {
  /** Until another process waits for the lock (proc_locks(5)). */
  untilWaiting(): Promise<void>;
  end(): void;
}

export async function holdDirectory(directory: string): Promise<Holder> {
  const holder = spawn('flock', [directory, '-c', 'echo; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const waiting = new RegExp(`^\\d+: -> FLOCK .*:${statSync(directory).ino} `, 'm');
  return {
    async untilWaiting() {
      await until(() => waiting.test(readFileSync('/proc/locks', 'utf8')));
    },
    end: () => void holder.stdin.end(),
  };
}
