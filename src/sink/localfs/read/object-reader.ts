/** Reads one object of a copy. The first stage reads the file itself, and a thread hashes it at the same time. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, isErrno } from '../../../failure/failure.js';
import { openBelow } from '../../../host/open-at.js';
import { sinkFailureOf } from '../../../host/sink-failure.js';
import { type RunningJob, startJob } from '../../../host/threads/job.js';
import type { Threads } from '../../../host/threads/threads.js';
import type { ByteSource } from '../../byte-source.js';
import { copyNotFound } from '../../copy-not-found.js';
import type { Digest, DigestWatch, ObjectReader } from '../../sink.js';

const WATCH_EVERY_MS = 200;
const CHUNK = 256 * 1024;

export interface StoredFile {
  readonly directory: string;
  readonly path: string;
  readonly threads: Threads;
}

/** The reader's descriptor is the file, so that its bytes do not pass through palhm, and the first stage can seek in it. */
export async function readFile(file: StoredFile, most = Infinity): Promise<ObjectReader> {
  const handle = await openPiece(file.directory, file.path);
  await refuseLarger(file, handle, most);
  const job = await digestAgain(file, handle);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeBoth(job, handle));
  return {
    fd: handle.fd,
    handOver: () => undefined,
    bytes: job.bytes,
    async finish() {
      try {
        return await digestOf(job);
      } finally {
        await close();
      }
    },
    abort() {
      job.fail(new Error('the reading was given up'));
      return close();
    },
    explain: () => undefined,
  };
}

/** Closes the file when it is larger. */
async function refuseLarger(
  { directory, path }: StoredFile,
  handle: FileHandle,
  most: number,
): Promise<void> {
  const size = await handle.stat().then(
    (stats) => stats.size,
    () => 0,
  );
  if (size <= most) return;
  await handle.close();
  throw new Failure({
    code: 'COPY_DAMAGED',
    message: `object ${JSON.stringify(path)} has ${size} bytes, the manifest says ${most}`,
    details: [`it is ${join(directory, path)}; nothing was handed on`],
    hint: 'restore it from another copy',
  });
}

/** Hashes the file through a second descriptor, which has an offset of its own. Closes the first one when that fails. */
async function digestAgain(file: StoredFile, handle: FileHandle): Promise<RunningJob> {
  try {
    return await digest(file, await open(`/proc/self/fd/${handle.fd}`, 'r'));
  } catch (error) {
    await handle.close();
    throw sinkFailureOf(error, `read object "${file.path}" in ${file.directory}`);
  }
}

/** From now on the thread owns the handle. */
async function digest(file: StoredFile, handle: FileHandle): Promise<RunningJob> {
  try {
    return startJob(file.threads, {
      make: (id, progress) => ({ type: 'digest', id, handle, progress }),
      transfer: [handle],
      asFailure: (error) => sinkFailureOf(error, `read object "${file.path}"`),
    });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function closeBoth(job: RunningJob, handle: FileHandle): Promise<void> {
  try {
    await job.close();
  } finally {
    await handle.close();
  }
}

async function digestOf({ taken }: RunningJob): Promise<Digest> {
  const { size, sha256 } = await taken;
  return { size, sha256 };
}

export async function digestFile(file: StoredFile, watch: DigestWatch): Promise<Digest> {
  const { signal } = watch;
  signal.throwIfAborted();
  const job = await digest(file, await openPiece(file.directory, file.path));
  const stop = (): void => job.fail(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const ticker = setInterval(() => watch.onBytes?.(job.bytes()), WATCH_EVERY_MS);
  try {
    signal.throwIfAborted();
    return await digestOf(job);
  } finally {
    clearInterval(ticker);
    signal.removeEventListener('abort', stop);
    await job.close();
  }
}

/** For an object in several pieces. They come from a store that could not take it as one: a bucket, copied to a disk. */
export function pieceSource(directory: string, pieces: readonly string[]): ByteSource {
  return async function* bytesOf(signal) {
    for (const path of pieces) {
      const handle = await openPiece(directory, path);
      const stream = handle.createReadStream({ highWaterMark: CHUNK, signal });
      try {
        yield* stream;
      } catch (error) {
        throw sinkFailureOf(error, `read object "${path}" in ${directory}`);
      }
    }
  };
}

async function openPiece(directory: string, path: string): Promise<FileHandle> {
  try {
    return await openBelow(directory, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw copyNotFound(directory);
    throw sinkFailureOf(error, `read object "${path}" in ${directory}`);
  }
}
