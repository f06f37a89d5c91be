/**
 * The content of a disk as a file, whatever the format and the number of its images are: exported by `qemu-storage-daemon`, by FUSE,
 * read-only. While it runs it has qemu's locks of the images, so nobody can write into them, or start a domain that would.
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

/** Of these, by the targets of the disks. Failure SNAPSHOT_FAILED. */
export async function startViews(
  viewing: Viewing,
  layers: ReadonlyMap<string, Layer>,
): Promise<void> {
  if (layers.size === 0) return;
  const args: string[] = [];
  for (const [target, layer] of layers) {
    const path = viewOf(viewing, target);
    await writeFile(path, '', { flag: 'wx' });
    // Who reads a raw image bears that others write into it; who might write does not.
    const isGuarded = viewing.isOff && layer.format === 'raw';
    args.push('--blockdev', JSON.stringify(nodeOf(target, layer, !isGuarded)));
    args.push('--export', exportOf(target, path));
    if (!isGuarded) continue;
    await writeFile(`${path}.guard`, '', { flag: 'wx' });
    args.push('--export', exportOf(target, `${path}.guard`, 'writable'));
  }
  await runHelper({
    argv: ['qemu-storage-daemon', '--daemonize', ...args],
    code: 'SNAPSHOT_FAILED',
    timeoutMs: START_MS,
    environment: { [MARK]: viewing.name },
  });
}

const MARK = 'PALHM_VIEW';

function nodeOf(target: string, { type, path, format }: Layer, isReadOnly: boolean): object {
  const file = { driver: type === 'block' ? 'host_device' : 'file', filename: path };
  return { driver: format, 'node-name': target, 'read-only': isReadOnly, file };
}

function exportOf(target: string, path: string, mode?: 'writable'): string {
  const [id, writable] = mode === undefined ? [target, 'off'] : [`${target}.${mode}`, 'on'];
  return `fuse,id=${id},node-name=${target},mountpoint=${path},writable=${writable}`;
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
