/**
 * Makes a copy: a hidden directory in the root, which one rename publishes. To survive a power cut, things are synced in this
 * order: the objects (by the intake), the manifest, every directory from the leaves up, the rename, the root.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MANIFEST_NAME, type Manifest } from '../../../copy/manifest.js';
import type { Prefix } from '../../../copy/prefix.js';
import type { Emit } from '../../../events/events.js';
import { Failure, isErrno, messageOf } from '../../../failure/failure.js';
import {
  makeDirectory,
  makeFile,
  OWNER_ALL,
  removeTree,
  sealDirectory,
  syncDirectory,
} from '../../../host/durable-files.js';
import { inside } from '../../../host/open-at.js';
import { asSinkFailure } from '../../../host/sink-failure.js';
import { checkObjectPath } from '../../object-path.js';
import type { NewCopy, NewObject, ObjectConsumer, OpenCopy } from '../../sink.js';
import { renderStoredManifest } from '../../stored-manifest.js';
import { partialName } from '../names.js';
import { createConsumer } from './object-consumer.js';

export interface CopyPlace {
  readonly root: string;
  readonly directoryMode: number;
  readonly fileMode: number;
  readonly emit: Emit;
  /** Ends the reservation of space. */
  readonly signal: AbortSignal | undefined;
}

interface State {
  readonly place: CopyPlace;
  readonly partial: string;
  readonly target: string;
  /** The directory that was made. As long as it is open, no file system (FUSE) gives its inode another number. */
  readonly handle: FileHandle;
  /** Its path through the descriptor: what is written goes there, whatever is done to the names on the way. */
  readonly top: string;
  /** Every directory of the copy by its path from `top`. The promise resolves when the directory exists. */
  readonly directories: Map<string, Promise<void>>;
  /** Every object whose file is being made. */
  readonly making: Set<Promise<unknown>>;
  isAborted: boolean;
  isRemoved: boolean;
  /** It has its name, but may not survive a power cut. */
  isDoubtful: boolean;
}

export async function openCopy(place: CopyPlace, prefix: Prefix, run: NewCopy): Promise<OpenCopy> {
  const partial = join(place.root, partialName(run.id));
  const target = join(place.root, prefix.name);
  await refuseExisting(target);
  const handle = await asSinkFailure(`open a copy in ${place.root}`, async () => {
    await makeDirectory(partial, modeWhileMade(place));
    return await open(partial, constants.O_RDONLY | constants.O_DIRECTORY);
  });
  const top = join(inside(handle), '.');
  const state: State = {
    place,
    partial,
    target,
    handle,
    top,
    directories: new Map([[top, Promise.resolve()]]),
    making: new Set(),
    isAborted: false,
    isRemoved: false,
    isDoubtful: false,
  };
  return {
    location: target,
    create(object) {
      if (state.isAborted) throw new Error('the copy was aborted');
      const making = createObject(state, object);
      state.making.add(making);
      return making;
    },
    commit: (manifest) => commitCopy(state, manifest),
    abort: () => abortCopy(state),
  };
}

async function createObject(state: State, { path, allocSize }: NewObject): Promise<ObjectConsumer> {
  checkObjectPath(path);
  const file = join(state.top, path);
  const { root, fileMode, signal } = state.place;
  return await inWordsOfNames(state, async () => {
    await asSinkFailure(`make the directories of "${path}" in ${root}`, () =>
      makeDirectories(state, dirname(file)),
    );
    return await createConsumer({ root, file, mode: fileMode, path, allocSize, signal });
  });
}

/** A path through a descriptor says nothing to people. */
async function inWordsOfNames<T>({ top, partial }: State, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw error.as({ message: error.message.replaceAll(top, partial), cause: error.cause });
  }
}

function makeDirectories(state: State, path: string): Promise<void> {
  const known = state.directories.get(path);
  if (known !== undefined) return known;
  const made = makeDirectories(state, dirname(path)).then(() =>
    makeDirectory(path, modeWhileMade(state.place)),
  );
  state.directories.set(path, made);
  return made;
}

/** With a "dmode" such as 550 a user who is not root could write nothing into the directory. */
function modeWhileMade({ directoryMode }: CopyPlace): number {
  return directoryMode | OWNER_ALL;
}

async function commitCopy(state: State, manifest: Manifest): Promise<void> {
  const text = renderStoredManifest(manifest);
  const doing = `commit the copy ${state.target}`;
  await inWordsOfNames(state, () => asSinkFailure(doing, () => writeAndPublish(state, text)));
}

async function writeAndPublish(state: State, text: string): Promise<void> {
  const { partial, target, handle } = state;
  await confirmPlace(state, partial);
  await writeManifest(state, text);
  await syncDirectories(state);
  await refuseExisting(target);
  await confirmPlace(state, partial);
  await publish(state);
  try {
    // Another directory may have got the name since the last look.
    await confirmPlace(state, target);
    await syncRoot(state);
  } catch (error) {
    // It must not be listed now. When that fails, too, `abort` tries again and says so.
    await takeNameBack(state).catch(() => undefined);
    throw error;
  }
  state.isDoubtful = false;
  await handle.close();
}

/** A server may have renamed it although its answer was lost. */
async function publish(state: State): Promise<void> {
  const { partial, target } = state;
  try {
    await rename(partial, target);
  } finally {
    state.isDoubtful = !(await isThere(partial)) && (await isThere(target));
  }
}

async function takeNameBack(state: State): Promise<void> {
  const { partial, target } = state;
  try {
    await rename(target, partial);
    state.isDoubtful = false;
  } catch (error) {
    throw new Failure({
      code: 'SINK_UNAVAILABLE',
      message: `${target} is whole and is listed, but may not survive a power cut, and its name cannot be taken back: ${messageOf(error)}`,
      hint: `see dmesg; when the root is well again, verify ${target}, or remove it`,
      cause: error,
    });
  }
}

async function writeManifest(state: State, text: string): Promise<void> {
  const handle = await makeFile(join(state.top, MANIFEST_NAME), state.place.fileMode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** From the leaves up: the path of a directory is longer than that of its parent. */
async function syncDirectories(state: State): Promise<void> {
  const deepestFirst = [...state.directories.keys()].sort((a, b) => b.length - a.length);
  // The slash leads through the link that a descriptor is in /proc.
  for (const directory of deepestFirst)
    await sealDirectory(`${directory}/`, state.place.directoryMode);
}

async function syncRoot({ place, target }: State): Promise<void> {
  if (await syncDirectory(place.root)) return;
  const message = `${place.root} cannot sync directories: that ${target} is there is up to its server now`;
  place.emit({ type: 'debug', message });
}

/**
 * What lies under the name of the directory now may be another one: somebody has moved the root, mounted something over it,
 * or put another directory there. Then nothing of the copy can be published or removed. (Whatever has the name of a partial copy
 * in the moment between this look and the removal would be removed by the next run as well.)
 */
async function confirmPlace({ place, handle }: State, path: string): Promise<void> {
  // It was closed by an abort that has looked.
  if (handle.fd < 0) return;
  const made = await handle.stat();
  const found = await lstat(path).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
  if (found !== undefined && found.dev === made.dev && found.ino === made.ino) return;
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `${path} is not the directory any more that this run has made: somebody has moved it or ${place.root}, or mounted something over it`,
    hint: `see what lies at ${place.root} now; what was written lies where the directory is now`,
  });
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: unknown) => !isErrno(error, 'ENOENT'),
  );
}

/**
 * rename(2) replaces an empty directory without an error, so this is checked before. Nobody else makes one in between,
 * because this run holds the lock.
 */
async function refuseExisting(target: string): Promise<void> {
  try {
    await lstat(target);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `${target} exists already: a copy is never written over anything`,
    hint: 'look at what it is; move it away if it does not belong there',
  });
}

async function abortCopy(state: State): Promise<void> {
  if (state.isRemoved) return;
  state.isAborted = true;
  await Promise.allSettled(state.making);
  try {
    if (state.isDoubtful) await takeNameBack(state);
    const { partial, target } = state;
    await asSinkFailure(
      `remove ${partial}, which is what was written of ${target} and is not listed; the next run removes it`,
      async () => {
        await confirmPlace(state, partial);
        await removeTree(partial);
      },
    );
    state.isRemoved = true;
  } finally {
    await state.handle.close();
  }
}
