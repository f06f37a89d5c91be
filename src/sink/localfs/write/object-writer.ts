/** Writes one object of a copy. The last stage writes into the file itself, and a thread hashes the file behind it. */
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { Failure } from '../../../failure/failure.js';
import { makeFile } from '../../../host/durable-files.js';
import { asSinkFailure, sinkFailureOf } from '../../../host/sink-failure.js';
import { freeSpace, isFull } from '../../../host/space.js';
import { formatSize } from '../../../units/bytes.js';
import type { ObjectWriter, StoredObject } from '../../sink.js';
import type { Following, HashPool } from '../hash/hash-pool.js';
import { reserveSpace } from './reserve.js';

interface NewFile {
  readonly root: string;
  /** The path of the new file. Its directory exists. */
  readonly file: string;
  /** The path of the object in the copy. */
  readonly path: string;
  readonly mode: number;
  readonly allocSize: number | undefined;
}

export interface FileWriter extends ObjectWriter {
  /** Fails when the size of the file has changed since `finish`: some process still wrote after the last stage had ended. */
  confirm(): Promise<void>;
}

interface OpenFile extends NewFile {
  readonly writeHandle: FileHandle;
  readonly readHandle: FileHandle;
  readonly following: Following;
}

export async function createObjectWriter(object: NewFile, pool: HashPool): Promise<FileWriter> {
  const opened = await openObject(object, pool);
  let stored: StoredObject | undefined;
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeObject(opened));
  return {
    fd: opened.writeHandle.fd,
    // A file, unlike a pipe, has no end that its reader waits for. The descriptor stays open for the fsync.
    handOver: () => undefined,
    bytes: () => opened.following.bytes(),
    finish: async () => (stored = await finishObject(opened, close)),
    async confirm() {
      // The object was given up, so that it is in no manifest.
      if (stored === undefined) return;
      const { size } = await lstat(object.file);
      if (size !== stored.size) throw changedLate(opened, size, stored.size);
    },
    abort: () => close().catch(() => undefined),
    explain: () => explainFailure(object.root),
  };
}

async function openObject(object: NewFile, pool: HashPool): Promise<OpenFile> {
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
    throw sinkFailureOf(error, doing);
  }
}

/** The object is closed when this ends, also when it fails. */
async function finishObject(object: OpenFile, close: () => Promise<void>): Promise<StoredObject> {
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

async function settleObject(object: OpenFile): Promise<StoredObject> {
  const { writeHandle, following } = object;
  if (object.allocSize !== undefined) {
    // A truncate to its own size gives back the blocks that were reserved and not used.
    await writeHandle.truncate((await writeHandle.stat()).size);
  }
  const [digest] = await Promise.all([following.finish(), writeHandle.sync()]);
  const { size } = await writeHandle.stat();
  if (size !== digest.size) throw changedLate(object, size, digest.size);
  return digest;
}

function changedLate(object: OpenFile, size: number, hashed: number): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message:
      `the object "${object.path}" changed after its last stage had ended: ` +
      `${formatSize(hashed)} (${hashed}) were hashed, the file has ${formatSize(size)} (${size})`,
    hint: 'a stage must not leave a process behind that still writes to its stdout',
  });
}

async function closeObject(object: OpenFile): Promise<void> {
  try {
    await object.following.drop();
    await object.readHandle.close();
  } finally {
    // NFS reports here which writes failed (close(2)).
    await object.writeHandle.close();
  }
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
