/** Reads one object of a copy. The first stage reads the file itself, and a thread hashes it at the same time. */
import { type FileHandle, open } from 'node:fs/promises';
import { Failure, isErrno } from '../../../failure/failure.js';
import { openBelow } from '../../../host/open-at.js';
import { sinkFailureOf } from '../../../host/sink-failure.js';
import type { ByteSource } from '../../byte-source.js';
import { copyNotFound } from '../../copy-not-found.js';
import type { Digest, DigestWatch, ObjectReader } from '../../sink.js';
import type { Following, HashPool } from '../hash/hash-pool.js';

const WATCH_EVERY_MS = 200;
const CHUNK = 256 * 1024;

export interface StoredFile {
  readonly directory: string;
  readonly path: string;
  readonly pool: HashPool;
}

/** The reader's descriptor is the file, so that its bytes do not pass through palhm. */
export async function readFile(file: StoredFile): Promise<ObjectReader> {
  const { path } = file;
  const handle = await openPiece(file.directory, path);
  const { hashed, following } = await followAgain(file, handle);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= following.drop().then(async () => {
      await hashed.close();
      await handle.close();
    }));
  return {
    fd: handle.fd,
    handOver: () => undefined,
    bytes: () => following.bytes(),
    async finish() {
      try {
        return await following.finish();
      } catch (error) {
        throw withObject(error, path);
      } finally {
        await close();
      }
    },
    abort: close,
    explain: () => undefined,
  };
}

/**
 * Hashes the file through a second descriptor. That one has an offset of its own and stays open as long as the thread reads.
 * Closes everything when that fails.
 */
async function followAgain(
  { directory, path, pool }: StoredFile,
  handle: FileHandle,
): Promise<{ readonly hashed: FileHandle; readonly following: Following }> {
  let hashed: FileHandle | undefined;
  try {
    hashed = await open(`/proc/self/fd/${handle.fd}`, 'r');
    return { hashed, following: pool.follow({ readFd: hashed.fd, writeFd: undefined }) };
  } catch (error) {
    await hashed?.close();
    await handle.close();
    throw sinkFailureOf(error, `read object "${path}" in ${directory}`);
  }
}

export async function digestFile(file: StoredFile, watch: DigestWatch): Promise<Digest> {
  const handle = await openPiece(file.directory, file.path);
  try {
    const following = file.pool.follow({ readFd: handle.fd, writeFd: undefined });
    return await digestOf(following, file.path, watch);
  } finally {
    await handle.close();
  }
}

/** Ends when the thread no longer uses the descriptor. */
async function digestOf(following: Following, path: string, watch: DigestWatch): Promise<Digest> {
  const stop = (): void => void following.drop();
  watch.signal.addEventListener('abort', stop, { once: true });
  const ticker = setInterval(() => watch.onBytes?.(following.bytes()), WATCH_EVERY_MS);
  try {
    watch.signal.throwIfAborted();
    return await following.finish();
  } catch (error) {
    watch.signal.throwIfAborted();
    throw withObject(error, path);
  } finally {
    clearInterval(ticker);
    watch.signal.removeEventListener('abort', stop);
    await following.drop();
  }
}

/** The same failure with the object in its message, because the hashing thread does not know it. */
function withObject(error: unknown, path: string): unknown {
  if (!(error instanceof Failure)) return error;
  const why = error.message.slice(error.message.indexOf(': ') + 2);
  return error.as({ message: `cannot read object "${path}": ${why}` });
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
