/** Looks for the root directory, and makes it together with its missing parents. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LocalfsPlan } from '../../config/plan/sinks/localfs.js';
import { Failure, isErrno } from '../../failure/failure.js';
import { makeDirectory, OWNER_ALL, syncDirectory } from '../../host/durable-files.js';
import { asSinkFailure } from '../../host/sink-failure.js';

/** Makes the root durably, always open to its owner, when it is missing. Failure SINK_UNAVAILABLE when it cannot be made or is no directory. */
export async function makeRoot(root: string, mode: number): Promise<void> {
  await asSinkFailure(`make the root ${root}`, () => makeWithParents(root, mode | OWNER_ALL));
}

/** True when the root exists. Failure SINK_UNAVAILABLE when it is no directory or cannot be reached. */
export async function rootExists(root: string): Promise<boolean> {
  return asSinkFailure(`reach the root ${root}`, () => directoryExists(root));
}

/** Failure SINK_UNAVAILABLE when it is not there, too. */
export async function requireRoot(root: string): Promise<void> {
  if (await rootExists(root)) return;
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the root ${root} is not there`,
    hint: 'is it the right root, and is it mounted? a backup makes it',
  });
}

/** Identifies the directory itself: it may have several paths, through symbolic links and mounts. */
export async function locateRoot({ type, root }: LocalfsPlan): Promise<string | undefined> {
  const stats = await stat(root, { bigint: true }).catch(() => undefined);
  return stats && `${type}:${stats.dev}:${stats.ino}`;
}

/** What is not there yet is made. */
export async function doubtRoot({ root }: LocalfsPlan): Promise<string | undefined> {
  const stats = await stat(root).catch(() => undefined);
  return stats?.isDirectory() === false ? `the root ${root} is not a directory` : undefined;
}

async function makeWithParents(path: string, mode: number): Promise<void> {
  if (await directoryExists(path)) return;
  const parent = dirname(path);
  await makeWithParents(parent, mode);
  try {
    await makeDirectory(path, mode);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    if (!(await directoryExists(path))) throw notADirectory(path, 'is a symbolic link to nothing');
  }
  await syncDirectory(parent);
}

async function directoryExists(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
  throw notADirectory(path, 'is not a directory');
}

function notADirectory(path: string, why: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `${path} ${why}: no copies can be kept there`,
    hint: 'move it away, or give another "root"',
  });
}
