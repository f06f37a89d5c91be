/**
 * Snapshots of a btrfs subvolume. palhm keeps the directory of its snapshot open with a lock (flock(2)), which the kernel frees
 * when it dies: so the snapshot of a dead run is told from that of a living one, also of another task or container. Between
 * the making of a snapshot and its lock the directory that it is in is locked, as it is while others look for the dead.
 */
import { type FileHandle, readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BtrfsPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { takeFlock } from '../../host/flock.js';
import { refuseMounts } from '../../host/mounts.js';
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
    tidy: (signal) => withDirectory(plan, signal, tidy),
    take: (name, signal) => withDirectory(plan, signal, (held) => take(held, name)),
  });
}

/** A subvolume that is open: what is done by its descriptor is done on its file system, whatever becomes of its path. */
interface OpenSubvolume extends Subvolume {
  readonly handle: FileHandle;
}

/** The subvolume, and the directory of its snapshots, which is locked. */
interface Held {
  readonly source: OpenSubvolume;
  readonly directory: FileHandle;
  /** Without symbolic links. */
  readonly paths: Pick<BtrfsPlan, 'subvolume' | 'directory'>;
}

async function withDirectory<T>(
  plan: BtrfsPlan,
  signal: AbortSignal,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const paths = {
    subvolume: await findReal(plan.subvolume),
    directory: await findReal(plan.directory),
  };
  const source = await openSubvolume(paths.subvolume);
  try {
    const directory = await openDirectory(paths.directory);
    if (directory === undefined) throw failure(`there is no directory ${plan.directory}`);
    try {
      await lock(directory, { name: paths.directory, waitMs: PATIENCE_MS, signal });
      signal.throwIfAborted();
      return await work({ source, directory, paths });
    } finally {
      await directory.close();
    }
  } finally {
    await source.handle.close();
  }
}

async function findReal(path: string): Promise<string> {
  return await realpath(path).catch((error: unknown) => {
    throw failure(`there is no ${path}: ${messageOf(error)}`);
  });
}

async function openSubvolume(path: string): Promise<OpenSubvolume> {
  const handle = await openDirectory(path);
  try {
    const found = handle && (await inspectSubvolume(handle));
    if (found === undefined || handle === undefined)
      throw failure(`${path} is not a btrfs subvolume`);
    return { ...found, handle };
  } catch (error) {
    await handle?.close();
    throw error;
  }
}

interface LockWanted {
  readonly name: string;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

async function lock(handle: FileHandle, wanted: LockWanted): Promise<void> {
  const end = await takeFlock({ fd: handle.fd, ...wanted });
  if (end.type !== 'taken')
    throw new Failure({
      code: 'SNAPSHOT_FAILED',
      message: `${wanted.name} is locked by another process`,
      hint: `see who has it open: fuser -v ${quoteForShell(wanted.name)}`,
    });
}

async function tidy(held: Held): Promise<readonly Leftover[]> {
  const removed: Leftover[] = [];
  const { directory } = held.paths;
  for (const name of await readdir(directory)) {
    if (!OURS.test(name)) continue;
    const path = join(directory, name);
    if (await removeDead(path, held)) removed.push({ what: `the snapshot ${path}` });
  }
  return removed;
}

/** False when it is alive, or is no snapshot of this subvolume. */
async function removeDead(path: string, { source }: Held): Promise<boolean> {
  const handle = await openDirectory(path);
  if (handle === undefined) return false;
  try {
    const found = await inspectSubvolume(handle);
    if (found?.isReadOnly !== true || found.parentUuid !== source.uuid) return false;
    if ((await takeFlock({ fd: handle.fd, waitMs: 0 })).type !== 'taken') return false;
    await removeSnapshot(path, { source: source.handle, id: found.id });
    return true;
  } finally {
    await handle.close();
  }
}

/** By its number, on the file system of this descriptor. */
async function removeSnapshot(
  path: string,
  { source, id }: { readonly source: FileHandle; readonly id: string },
): Promise<void> {
  // btrfs would detach it without a word.
  await refuseMounts({ path, name: `the snapshot ${path}`, code: 'SNAPSHOT_LEFT' });
  await deleteSubvolume(source, id);
}

async function take(held: Held, { run, number }: SnapshotName): Promise<Snapshot> {
  const { source, directory, paths } = held;
  const name = `.palhm-snapshot.${run}.${number}`;
  const path = join(paths.directory, name);
  await takeSnapshot(paths.subvolume, { directory, name });
  let taken: Taken | undefined;
  try {
    taken = await hold(path, paths.subvolume, source);
    const nested = (await listNested(source.handle)).filter((one) => !OURS.test(basename(one)));
    const gaps = nested.map((one) => `${one}, a subvolume of its own, is not in the snapshot`);
    const own = taken;
    return { facts: { path, name }, gaps, release: () => release(path, own) };
  } catch (error) {
    await taken?.handle.close();
    await taken?.source.close();
    await removeDead(path, { source, directory, paths });
    throw error;
  }
}

/** A snapshot that this process has made, with its lock. */
interface Taken {
  readonly handle: FileHandle;
  /** The subvolume that it is of. */
  readonly source: FileHandle;
  readonly id: string;
  isReleased: boolean;
}

async function hold(path: string, subvolume: string, expected: Subvolume): Promise<Taken> {
  const handle = await openDirectory(path);
  if (handle === undefined) throw failure(`the new snapshot ${path} is not there`);
  let source: OpenSubvolume | undefined;
  try {
    const found = await inspectSubvolume(handle);
    source = await openSubvolume(subvolume);
    if (found?.parentUuid !== expected.uuid || source.uuid !== expected.uuid)
      throw failure(`${path} is not the snapshot that was just made`);
    await lock(handle, { name: path, waitMs: 0 });
    return { handle, source: source.handle, id: found.id, isReleased: false };
  } catch (error) {
    await handle.close();
    await source?.handle.close();
    throw error;
  }
}

async function release(path: string, taken: Taken): Promise<void> {
  if (taken.isReleased) return;
  try {
    await removeSnapshot(path, taken);
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
    await taken.handle.close();
    await taken.source.close();
  }
}

function failure(message: string): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message,
    hint: 'see what "palhm config check" says of the snapshot',
  });
}
