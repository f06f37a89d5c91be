/**
 * Snapshots of a btrfs subvolume. palhm keeps the directory of its snapshot open with a lock (flock(2)), which the kernel frees
 * when it dies: so the snapshot of a dead run is told from that of a living one, also of another task or container. Between
 * the making of a snapshot and its lock the directory that it is in is locked, as it is while others look for the dead.
 */
import { type FileHandle, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BtrfsPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { takeFlock } from '../../host/flock.js';
import { refuseMounts } from '../../host/mounts.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { Leftover, Provider, Snapshot, SnapshotName } from '../provider.js';
import { asSnapshotFailure, snapshotFailure, snapshotLost } from '../snapshot-failure.js';
import {
  deleteSubvolume,
  inspectSubvolume,
  isRemoved,
  listNested,
  openDirectory,
  openEntry,
  type Subvolume,
  takeSnapshot,
} from './subvolume.js';

const OURS = /^\.palhm-snapshot\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+$/;

/** Another palhm holds the directory only while it takes a snapshot or looks for old ones. */
const PATIENCE_MS = 60_000;

export function openBtrfs(plan: BtrfsPlan): Promise<Provider> {
  return Promise.resolve({
    description: `the btrfs subvolume ${plan.subvolume}`,
    tidy: (signal) =>
      asSnapshotFailure(() =>
        withSource(plan, (source) =>
          withDirectory(plan, signal, () => removeAllDead(plan, source)),
        ),
      ),
    take: (name, signal) => asSnapshotFailure(() => take(plan, name, signal)),
  });
}

interface Source extends Subvolume {
  readonly handle: FileHandle;
}

async function openSource({ subvolume }: BtrfsPlan): Promise<Source> {
  const handle = await openDirectory(subvolume);
  try {
    const found = handle && (await inspectSubvolume(handle));
    if (handle === undefined || found === undefined)
      throw snapshotFailure(`${subvolume} is not a btrfs subvolume`);
    return { ...found, handle };
  } catch (error) {
    await handle?.close();
    throw error;
  }
}

async function withSource<T>(plan: BtrfsPlan, work: (source: Source) => Promise<T>): Promise<T> {
  const source = await openSource(plan);
  try {
    return await work(source);
  } finally {
    await source.handle.close();
  }
}

/** The directory of the snapshots is locked meanwhile. */
async function withDirectory<T>(
  plan: BtrfsPlan,
  signal: AbortSignal,
  work: (directory: FileHandle) => Promise<T>,
): Promise<T> {
  const directory = await openDirectory(plan.directory);
  if (directory === undefined) throw snapshotFailure(`there is no directory ${plan.directory}`);
  try {
    await lock(directory, { name: plan.directory, waitMs: PATIENCE_MS, signal });
    return await work(directory);
  } finally {
    await directory.close();
  }
}

interface LockWanted {
  readonly name: string;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

async function lock(handle: FileHandle, { name, waitMs, signal }: LockWanted): Promise<void> {
  const end = await takeFlock({ fd: handle.fd, waitMs, signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
  signal?.throwIfAborted();
  if (end.type === 'taken') return;
  throw new Failure({
    code: 'SNAPSHOT_FAILED',
    message: `${name} is locked by another process`,
    hint: `see who has it open: fuser -v ${quoteForShell(name)}`,
  });
}

async function removeAllDead(plan: BtrfsPlan, source: Source): Promise<readonly Leftover[]> {
  const removed: Leftover[] = [];
  for (const name of await readdir(plan.directory)) {
    if (!OURS.test(name)) continue;
    const path = join(plan.directory, name);
    try {
      if (await removeDead(path, source)) removed.push({ what: `the snapshot ${path}` });
    } catch (error) {
      throw left(path, error).as({ code: 'SNAPSHOT_FAILED' });
    }
  }
  return removed;
}

/** By its number. */
async function remove(path: string, { handle, id, source }: Taken): Promise<true> {
  // btrfs would detach it without a word.
  await refuseMounts({ path, name: `the snapshot ${path}`, code: 'SNAPSHOT_LEFT' });
  try {
    await deleteSubvolume(source.handle, id);
  } catch (error) {
    // A service may see the source read-only, and only the directory writable.
    if (!(await isAt(path, handle))) throw error;
    await deleteSubvolume(handle, id);
  }
  return true;
}

async function isAt(path: string, handle: FileHandle): Promise<boolean> {
  const [named, own] = await Promise.all([stat(path).catch(() => undefined), handle.stat()]);
  return named?.dev === own.dev && named.ino === own.ino;
}

/** False when it is alive, or is no snapshot of this subvolume, or not there. */
async function removeDead(path: string, source: Source): Promise<boolean> {
  const handle = await openEntry(path);
  if (handle === undefined) return false;
  try {
    if ((await takeFlock({ fd: handle.fd, waitMs: 0 })).type !== 'taken') return false;
    return await unlessRemoved(handle, async () => {
      const found = await inspectSubvolume(handle);
      if (found?.isReadOnly !== true || found.parentUuid !== source.uuid) return false;
      return await remove(path, { handle, id: found.id, source });
    });
  } finally {
    await handle.close();
  }
}

/**
 * False when it has been removed meanwhile: by hand, by the palhm that has just freed its lock, or by a `btrfs` that a palhm which
 * was killed had started.
 */
async function unlessRemoved(handle: FileHandle, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    if (await isRemoved(handle)) return false;
    throw error;
  }
}

async function take(
  plan: BtrfsPlan,
  { run, number }: SnapshotName,
  signal: AbortSignal,
): Promise<Snapshot> {
  const name = `.palhm-snapshot.${run}.${number}`;
  const path = join(plan.directory, name);
  const source = await openSource(plan);
  try {
    return await withDirectory(plan, signal, async (directory) => {
      try {
        await takeSnapshot(plan.subvolume, { directory, name });
        const gaps = await findGaps(source);
        const taken = await hold(path, source);
        const release = releaseOf(plan, path, taken);
        return { facts: { path, name }, gaps, confirm: () => confirm(path, taken), release };
      } catch (error) {
        // What this cannot remove the next run removes.
        await removeDead(path, source).catch(() => false);
        throw error;
      }
    });
  } catch (error) {
    await source.handle.close();
    throw error;
  }
}

async function findGaps({ handle }: Source): Promise<readonly string[]> {
  const nested = (await listNested(handle)).filter((one) => !OURS.test(basename(one)));
  return nested.map((one) => `${one}, a subvolume of its own, is not in the snapshot`);
}

/** A snapshot that this process has made, with its lock. */
interface Taken {
  readonly handle: FileHandle;
  readonly id: string;
  readonly source: Source;
}

async function hold(path: string, source: Source): Promise<Taken> {
  const handle = await openEntry(path);
  if (handle === undefined) throw snapshotFailure(`the new snapshot ${path} is not there`);
  try {
    const found = await inspectSubvolume(handle);
    if (found === undefined || found.parentUuid !== source.uuid)
      throw snapshotFailure(`${path} is not the snapshot that was just made`);
    await lock(handle, { name: path, waitMs: 0 });
    return { handle, id: found.id, source };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function confirm(path: string, { handle }: Taken): Promise<void> {
  if (await isRemoved(handle)) throw snapshotLost(`the snapshot ${path} was removed`);
  if (!(await isAt(path, handle))) throw snapshotLost(`the snapshot ${path} was moved`);
  if ((await inspectSubvolume(handle))?.isReadOnly !== true)
    throw snapshotLost(`the snapshot ${path} was made writable`);
}

function releaseOf(plan: BtrfsPlan, path: string, taken: Taken): Snapshot['release'] {
  const { handle, source } = taken;
  let state: 'held' | 'left' | 'gone' = 'held';
  return async () => {
    if (state === 'gone') return;
    try {
      // Once its lock is free it is like that of a dead palhm.
      if (state === 'left') await withSource(plan, (again) => removeDead(path, again));
      else await unlessRemoved(handle, () => remove(path, taken));
      state = 'gone';
    } catch (error) {
      state = 'left';
      throw left(path, error);
    } finally {
      await handle.close();
      await source.handle.close();
    }
  };
}

function left(path: string, error: unknown): Failure {
  return new Failure({
    code: 'SNAPSHOT_LEFT',
    message: `the snapshot ${path} could not be removed: ${messageOf(error)}`,
    details:
      error instanceof Failure
        ? [...error.details, ...(error.hint === undefined ? [] : [error.hint])]
        : [],
    hint: `the next run tries again; by hand: btrfs subvolume delete ${quoteForShell(path)}`,
    cause: error,
  });
}
