/**
 * The content of a disk as a file, whatever the format and the number of its images are: exported by `qemu-storage-daemon`, by FUSE.
 * One view is read-only. In the other one a file system is mounted: what playing back its journal writes goes into a file of its own,
 * so a guest that was not frozen is mounted as after a power cut. While it runs it has qemu's locks of the images, so nobody can write into them, or start a domain that would.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure/failure.js';
import { runHelper } from '../../host/helper.js';
import { findMountsBelow } from '../../host/mounts.js';
import { findByEnvironment } from '../../host/proc.js';
import { signalUntilGone } from '../../host/signal-processes.js';
import type { Layer } from './domain.js';

const START_MS = 60_000;
const GRACE_MS = 5000;
const KILL_MS = 5000;

export interface Viewing {
  /** Of the snapshot. */
  readonly name: string;
  readonly directory: string;
  /** Whether the domain is off, and has to stay so: whatever the format is, nobody else may write. */
  readonly isOff: boolean;
}

/** Where the content of a disk is then. */
export function viewOf({ directory }: Viewing, target: string): string {
  return join(directory, target);
}

/** Where it is for mounts. */
export function ownViewOf(viewing: Viewing, target: string): string {
  return `${viewOf(viewing, target)}.own`;
}

export interface Viewed {
  readonly target: string;
  readonly layer: Layer;
  /** Whether there is the view that is read-only, and the one for mounts. */
  readonly isShown: boolean;
  readonly isMounted: boolean;
}

/** `fd`: stays open until the programs have ended, but for the daemon. Failure SNAPSHOT_FAILED. */
export async function startViews(
  viewing: Viewing,
  disks: readonly Viewed[],
  fd: number,
): Promise<void> {
  if (disks.length === 0) return;
  const args: string[] = [];
  for (const disk of disks) args.push(...(await argumentsFor(viewing, disk, fd)));
  await runHelper({
    argv: ['qemu-storage-daemon', '--daemonize', ...args],
    code: 'SNAPSHOT_FAILED',
    timeoutMs: START_MS,
    environment: { [MARK]: viewing.name },
  });
}

async function argumentsFor(
  viewing: Viewing,
  { target, layer, isShown, isMounted }: Viewed,
  fd: number,
): Promise<readonly string[]> {
  // Who reads a raw image bears that others write into it; who might write does not.
  const isGuarded = viewing.isOff && layer.format === 'raw';
  const path = viewOf(viewing, target);
  const args = ['--blockdev', JSON.stringify(nodeOf(target, layer, !isGuarded))];
  const add = async (node: string, at: string, isWritable: boolean): Promise<void> => {
    await writeFile(at, '', { flag: 'wx' });
    args.push('--export', exportOf(node, at, isWritable));
  };
  if (isShown) await add(target, path, false);
  if (isGuarded) await add(target, `${path}.guard`, true);
  if (isMounted) {
    const node = `${target}.own`;
    const file = `${path}.changes`;
    args.push('--blockdev', JSON.stringify(await makeChanges({ node, target, file, layer, fd })));
    await add(node, ownViewOf(viewing, target), true);
  }
  return args;
}

interface Changes {
  readonly node: string;
  readonly target: string;
  readonly file: string;
  readonly layer: Layer;
  readonly fd: number;
}

async function makeChanges({ node, target, file, layer, fd }: Changes): Promise<object> {
  const base = ['-b', layer.path, '-F', layer.format];
  await runHelper({
    argv: ['qemu-img', 'create', '-q', '-f', 'qcow2', ...base, file],
    code: 'SNAPSHOT_FAILED',
    timeoutMs: START_MS,
    fd,
  });
  return {
    driver: 'qcow2',
    'node-name': node,
    file: { driver: 'file', filename: file },
    backing: target,
  };
}

const MARK = 'PALHM_VIEW';

function nodeOf(target: string, { type, path, format }: Layer, isReadOnly: boolean): object {
  const file = { driver: type === 'block' ? 'host_device' : 'file', filename: path };
  return { driver: format, 'node-name': target, 'read-only': isReadOnly, file };
}

function exportOf(node: string, path: string, isWritable: boolean): string {
  const id = isWritable ? `${node}.writable` : node;
  return `fuse,id=${id},node-name=${node},mountpoint=${path},writable=${isWritable ? 'on' : 'off'}`;
}

/** Of a snapshot, also of one that a dead palhm has left. Failure SNAPSHOT_LEFT. */
export async function endViews(name: string, directory: string): Promise<void> {
  const find = () => findByEnvironment((entries) => entries.includes(`${MARK}=${name}`));
  const isGone =
    (await signalUntilGone({ find, signal: 'SIGTERM', patienceMs: GRACE_MS })) ||
    (await signalUntilGone({ find, signal: 'SIGKILL', patienceMs: KILL_MS }));
  if (!isGone)
    throw new Failure({
      code: 'SNAPSHOT_LEFT',
      message: `the qemu-storage-daemon of ${name} cannot be ended`,
    });
  // One that was killed has unmounted nothing.
  for (const path of await findMountsBelow(directory))
    await runHelper({ argv: ['umount', '--lazy', path], code: 'SNAPSHOT_LEFT' });
}
