/**
 * Makes a copy. The marker is written first, then the objects under their final keys, then the manifest. At the end the marker
 * is removed. While there is a marker, there is no copy.
 */
import type { S3ObjectLockPlan } from '../../../config/plan/sinks/aws-s3-objects.js';
import { MANIFEST_NAME, type Manifest } from '../../../copy/manifest.js';
import type { Prefix } from '../../../copy/prefix.js';
import { Failure } from '../../../failure/failure.js';
import { checkObjectPath, pathNotFree } from '../../object-path.js';
import type { NewCopy, NewObject, ObjectConsumer, OpenCopy } from '../../sink.js';
import { LARGEST_MANIFEST, renderStoredManifest } from '../../stored-manifest.js';
import { deleteKey, isEmpty } from '../bucket/keys.js';
import { type Store, urlOf } from '../bucket/store.js';
import { readManifestText, readText, writeNewText, writeText } from '../bucket/texts.js';
import { parseMarker, readMarkerText, removeBelow, renderMarker } from '../marker.js';
import { copyBase, isVolumeName, MARKER_NAME } from '../names.js';
import { createConsumer } from '../upload/object-consumer.js';
import type { PartSizes } from '../upload/part-size.js';
import { abortUploadsBelow } from '../upload/uploads.js';
import { lockBelow } from './retention-lock.js';

export interface CopyPlace {
  readonly store: Store;
  /** The same, but a stop of the run does not end its requests: for the roll back. */
  readonly lasting: Store;
  readonly storageClass: string | undefined;
  readonly objectLock: S3ObjectLockPlan | undefined;
  /** The sizes of the parts of an object, for the expected size of the object in bytes. */
  sizesFor(expected: number | undefined): PartSizes;
  /** Fails when another host has taken the lock of the root. `cheaply` asks the store only when that is possible. */
  confirmLock(how: 'cheaply' | 'surely'): Promise<void>;
}

interface State extends CopyPlace {
  readonly base: string;
  readonly run: string;
  readonly marker: string;
  readonly consumers: Set<ObjectConsumer>;
  isAborted: boolean;
  /** The store was told to remove the marker, so that the copy may be listed. */
  isDoubtful: boolean;
  /** The text of our manifest. Undefined until it may have been written. */
  manifest: string | undefined;
}

export async function openCopy(place: CopyPlace, prefix: Prefix, run: NewCopy): Promise<OpenCopy> {
  const base = copyBase(place.store.base, prefix);
  const marker = renderMarker('open', run.id);
  const own = { base, run: run.id, marker, consumers: new Set<never>() };
  const state: State = {
    ...place,
    ...own,
    isAborted: false,
    isDoubtful: false,
    manifest: undefined,
  };
  await writeMarker(state);
  return {
    location: urlOf(place.store, base),
    async create(object) {
      if (state.isAborted) throw new Error('the copy was aborted');
      const consumer = createObject(state, object);
      state.consumers.add(consumer);
      return consumer;
    },
    commit: (manifest) => commitCopy(state, manifest),
    abort: () => abortCopy(state),
  };
}

async function writeMarker({ store, base, marker }: State): Promise<void> {
  const key = base + MARKER_NAME;
  if (!(await isEmpty(store, base))) throw inUse(store, base);
  const outcome = await writeNewText(store, key, marker);
  if (outcome === 'unsupported') await writeText(store, key, marker);
  // When an answer was lost, the SDK asks again and finds our own marker.
  else if (outcome === 'exists' && (await readText(store, key))?.text !== marker)
    throw inUse(store, base);
}

function createObject(state: State, { path, allocSize, expectedSize }: NewObject): ObjectConsumer {
  checkObjectPath(path);
  if (isVolumeName(path)) throw pathNotFree(path, 'volumes of objects are called so');
  const { store, storageClass, base } = state;
  const target = { store, key: base + path, storageClass };
  const consumer = createConsumer({
    path,
    target,
    sizes: state.sizesFor(allocSize ?? expectedSize),
  });
  return {
    ...consumer,
    async finish(digest) {
      // When another host has taken the lock and removed this copy, an object written now would look like a copy.
      await state.confirmLock('cheaply');
      return await consumer.finish(digest);
    },
  };
}

/**
 * The marker is read twice, because a host that took the lock from us replaces the marker before it touches anything else. The
 * object locks are set as late as possible: what fails before can still be rolled back.
 */
async function commitCopy(state: State, manifest: Manifest): Promise<void> {
  const { store, base, objectLock } = state;
  const text = renderStoredManifest(manifest);
  await state.confirmLock('surely');
  await confirmMarker(state);
  // When the answer to the start of an upload was lost, the SDK started another one. The first would be billed for ever.
  await abortUploadsBelow(store, base);
  state.manifest = text;
  await writeManifest(state, text);
  if (objectLock !== undefined) await lockBelow(store, base, objectLock);
  await confirmMarker(state);
  state.isDoubtful = true;
  await deleteKey(store, base + MARKER_NAME);
  state.isDoubtful = false;
}

async function writeManifest({ store, base }: State, text: string): Promise<void> {
  const key = base + MANIFEST_NAME;
  const outcome = await writeNewText(store, key, text);
  if (outcome === 'unsupported') await writeText(store, key, text);
  else if (outcome === 'exists' && (await readManifestText(store, base))?.text !== text)
    throw inUse(store, base);
}

async function confirmMarker({ store, base, marker }: State): Promise<void> {
  if ((await readMarkerText(store, base)) === marker) return;
  throw new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `the copy ${urlOf(store, base)} was taken over or removed by another run meanwhile`,
    hint: 'see which other host uses this root; two hosts need two roots',
  });
}

async function abortCopy(state: State): Promise<void> {
  const isRepeated = state.isAborted;
  state.isAborted = true;
  for (const consumer of state.consumers) await consumer.abort();
  if (isRepeated) return;
  try {
    if (await isOursToRemove(state)) await removeBelow(state.lasting, state.base, state.run);
  } catch (error) {
    throw error instanceof Failure ? sayWhatIsLeft(state, error) : error;
  }
}

function sayWhatIsLeft({ store, base, isDoubtful }: State, error: Failure): Failure {
  const url = urlOf(store, base);
  return error.as({
    message: isDoubtful
      ? `${url} is whole and may be listed, or may not: ${error.message}`
      : `${url} is not listed, and the next run removes it: ${error.message}`,
    ...(isDoubtful ? { hint: 'look with "palhm list" when the store answers again' } : {}),
  });
}

/**
 * When our marker is gone, another host has taken the lock and removed the copy. It did not see what we have written since, so
 * that is ours to remove; but when it makes a copy of its own under this prefix, nothing is ours any more.
 */
async function isOursToRemove({ lasting: store, base, marker, manifest }: State): Promise<boolean> {
  const found = await readMarkerText(store, base);
  if (found === marker) return true;
  if (found !== undefined && parseMarker(found)?.state !== 'removing') return false;
  const committed = await readText(store, base + MANIFEST_NAME, LARGEST_MANIFEST);
  if (committed !== undefined && committed.text !== manifest) return false;
  return !(await isEmpty(store, base));
}

function inUse(store: Store, base: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: `${urlOf(store, base)} is in use already: a copy is never written over anything`,
    hint: 'look at what it is; move it away if it does not belong there',
  });
}
