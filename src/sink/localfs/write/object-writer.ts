/** One object of a localfs copy: a file that the last stage writes into itself, hashed right behind it. */
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { Failure } from '../../../failure/failure.js';
import { makeFile } from '../../../host/durable-files.js';
import { asFailure, asSinkFailure } from '../../../host/sink-failure.js';
import { freeSpace, isFull } from '../../../host/space.js';
import { formatSize } from '../../../units/bytes.js';
import type { ObjectWriter, StoredObject } from '../../sink.js';
import type { Following, HashPool } from '../hash/hash-pool.js';
import { reserveSpace } from './reserve.js';

export interface NewObject {
  readonly root: string;
  /** Where the file is made; its directory exists. */
  readonly file: string;
  /** The object's path in the copy. */
  readonly path: string;
  readonly mode: number;
  readonly allocSize: number | undefined;
}

export interface FileWriter extends ObjectWriter {
  /** Fails when the file has grown or shrunk since `finish`: somebody wrote on after the last stage had ended. */
  confirm(): Promise<void>;
}

interface OpenObject extends NewObject {
  readonly writeHandle: FileHandle;
  readonly readHandle: FileHandle;
  readonly following: Following;
}

export async function createObjectWriter(object: NewObject, pool: HashPool): Promise<FileWriter> {
  const opened = await openObject(object, pool);
  let stored: StoredObject | undefined;
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeObject(opened));
  return {
    fd: opened.writeHandle.fd,
    // A file has no end to be kept open; the descriptor is needed for the fsync.
    handOver: () => undefined,
    bytes: () => opened.following.bytes(),
    finish: async () => (stored = await finishObject(opened, close)),
    async confirm() {
      // Given up: it is in no manifest.
      if (stored === undefined) return;
      const { size } = await lstat(object.file);
      if (size !== stored.size) throw stillWritten(opened, size, stored.size);
    },
    abort: () => close().catch(() => undefined),
    explain: () => explainFailure(object.root),
  };
}

async function openObject(object: NewObject, pool: HashPool): Promise<OpenObject> {
  const doing = `make the object "${object.path}" in ${object.root}`;
  const writeHandle = await asSinkFailure(doing, () => makeFile(object.file, object.mode));
  let readHandle: FileHandle | undefined;
  try {
    if (object.allocSize !== undefined && object.allocSize > 0) {
      const { path, root, allocSize } = object;
      await reserveSpace({ handle: writeHandle, bytes: allocSize, object: path, root });
    }
    readHandle = await open(object.file, 'r');
    const following = pool.follow({ readFd: readHandle.fd, writeFd: writeHandle.fd });
    return { ...object, writeHandle, readHandle, following };
  } catch (error) {
    await readHandle?.close();
    await writeHandle.close();
    throw asFailure(error, doing);
  }
}

/** Leaves the object closed, however it ends. */
async function finishObject(object: OpenObject, close: () => Promise<void>): Promise<StoredObject> {
  const doing = `make the object "${object.path}" in ${object.root} durable`;
  try {
    return await asSinkFailure(doing, async () => {
      const stored = await settleObject(object);
      await close();
      return stored;
    });
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

async function settleObject(object: OpenObject): Promise<StoredObject> {
  const { writeHandle, following } = object;
  if (object.allocSize !== undefined) {
    // To its own size: that gives back the blocks that were reserved and not used.
    await writeHandle.truncate((await writeHandle.stat()).size);
  }
  const [digest] = await Promise.all([following.finish(), writeHandle.sync()]);
  const { size } = await writeHandle.stat();
  if (size !== digest.size) throw stillWritten(object, size, digest.size);
  return digest;
}

function stillWritten(object: OpenObject, size: number, hashed: number): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message:
      `the object "${object.path}" changed after its last stage had ended: ` +
      `${formatSize(hashed)} (${hashed}) were hashed, the file has ${formatSize(size)} (${size})`,
    hint: 'a stage must not leave a process behind that still writes to its stdout',
  });
}

async function closeObject(object: OpenObject): Promise<void> {
  await object.following.drop();
  await object.readHandle.close();
  // NFS reports here what it could not write.
  await object.writeHandle.close();
}

async function explainFailure(root: string): Promise<string | undefined> {
  try {
    const space = await freeSpace(root);
    if (!isFull(space)) return undefined;
    const left = space.inodes === 0 ? 'no inodes left' : `${formatSize(space.bytes)} free`;
    return `the file system of ${root} is full (${left})`;
  } catch (error) {
    return `the file system of ${root} does not answer: ${String(error)}`;
  }
}
