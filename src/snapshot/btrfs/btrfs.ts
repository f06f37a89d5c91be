/**
 * Snapshots of a btrfs subvolume. palhm keeps the directory of its snapshot open with a lock (flock(2)), which the kernel frees
 * when it dies: so the snapshot of a dead run is told from that of a living one, also of another task or container. Between
 * the making of a snapshot and its lock the directory that it is in is locked, as it is while others look for the dead.
 */
import { type FileHandle, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BtrfsPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { takeFlock } from '../../host/flock.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { Leftover, Provider, Snapshot, SnapshotName } from '../provider.js';
import {
  deleteSubvolume,
  inspectSubvolume,
  listNested,
  openDirectory,
  type Subvolume,
  takeSnapshot,
} from './subvolume.js';

const OURS = /^\.palhm-snapshot\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+$/;

/** Another palhm holds the directory only while it takes a snapshot or looks for old ones. */
const PATIENCE_MS = 60_000;

export function openBtrfs(plan: BtrfsPlan): Promise<Provider> {
  return Promise.resolve({
    description: `the btrfs subvolume ${plan.subvolume}`,
    tidy: (signal) => withDirectory(plan, signal, (held) => tidy(plan, held)),
    take: (name, signal) => withDirectory(plan, signal, (held) => take(plan, held, name)),
  });
}

/** The subvolume, and the directory of its snapshots, which is locked. */
interface Held {
  readonly directory: FileHandle;
  readonly source: Subvolume;
}

async function withDirectory<T>(
  plan: BtrfsPlan,
  signal: AbortSignal,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const source = await inspect(plan.subvolume);
  const directory = await openDirectory(plan.directory);
  if (directory === undefined) throw failure(`there is no directory ${plan.directory}`);
  try {
    await lock(directory, { name: plan.directory, waitMs: PATIENCE_MS, signal });
    signal.throwIfAborted();
    return await work({ directory, source });
  } finally {
    await directory.close();
  }
}

async function inspect(path: string): Promise<Subvolume> {
  const handle = await openDirectory(path);
  try {
    const found = handle && (await inspectSubvolume(handle));
    if (found === undefined) throw failure(`${path} is not a btrfs subvolume`);
    return found;
  } finally {
    await handle?.close();
  }
}

interface LockWanted {
  readonly name: string;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

async function lock(handle: FileHandle, wanted: LockWanted): Promise<void> {
  const end = await takeFlock({ fd: handle.fd, ...wanted });
  if (end.type !== 'taken') throw failure(`${wanted.name} is in use by another palhm`);
}

async function tidy(plan: BtrfsPlan, { directory, source }: Held): Promise<readonly Leftover[]> {
  const removed: Leftover[] = [];
  for (const name of await readdir(plan.directory)) {
    if (!OURS.test(name)) continue;
    const path = join(plan.directory, name);
    if (await removeDead(path, { directory, source }))
      removed.push({ what: `the snapshot ${path}` });
  }
  return removed;
}

/** False when it is alive, or is no snapshot of this subvolume. */
async function removeDead(path: string, { directory, source }: Held): Promise<boolean> {
  const handle = await openDirectory(path);
  if (handle === undefined) return false;
  try {
    const found = await inspectSubvolume(handle);
    if (found?.isReadOnly !== true || found.parentUuid !== source.uuid) return false;
    if ((await takeFlock({ fd: handle.fd, waitMs: 0 })).type !== 'taken') return false;
    await deleteSubvolume(directory, found.id);
    return true;
  } finally {
    await handle.close();
  }
}

async function take(plan: BtrfsPlan, held: Held, { run, number }: SnapshotName): Promise<Snapshot> {
  const name = `.palhm-snapshot.${run}.${number}`;
  const path = join(plan.directory, name);
  await takeSnapshot(plan.subvolume, { directory: held.directory, name });
  try {
    const nested = (await listNested(held.directory)).filter((one) => !OURS.test(basename(one)));
    const gaps = nested.map((one) => `${one}, a subvolume of its own, is not in the snapshot`);
    const taken = await hold(path, held.source);
    return { facts: { path, name }, gaps, release: () => release(plan, path, taken) };
  } catch (error) {
    await removeDead(path, held);
    throw error;
  }
}

/** A snapshot that this process has made, with its lock. */
interface Taken {
  readonly handle: FileHandle;
  readonly id: string;
  isReleased: boolean;
}

async function hold(path: string, source: Subvolume): Promise<Taken> {
  const handle = await openDirectory(path);
  if (handle === undefined) throw failure(`the new snapshot ${path} is not there`);
  try {
    const found = await inspectSubvolume(handle);
    if (found === undefined || found.parentUuid !== source.uuid)
      throw failure(`${path} is not the snapshot that was just made`);
    await lock(handle, { name: path, waitMs: 0 });
    return { handle, id: found.id, isReleased: false };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function release(plan: BtrfsPlan, path: string, taken: Taken): Promise<void> {
  if (taken.isReleased) return;
  const directory = await openDirectory(plan.directory);
  try {
    await deleteSubvolume(directory ?? taken.handle, taken.id);
    taken.isReleased = true;
  } catch (error) {
    throw new Failure({
      code: 'SNAPSHOT_LEFT',
      message: `the snapshot ${path} could not be removed: ${messageOf(error)}`,
      details: error instanceof Failure ? error.details : [],
      hint: `the next run tries again; by hand: btrfs subvolume delete ${quoteForShell(path)}`,
      cause: error,
    });
  } finally {
    await directory?.close();
    await taken.handle.close();
  }
}

function failure(message: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message,
    hint: 'see what "palhm config check" says of the snapshot',
  });
}
