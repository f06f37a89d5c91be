/** One object of a localfs copy on its way back: its file, read by the first stage itself and hashed beside it. */
import { type FileHandle, open } from 'node:fs/promises';
import { Failure, isErrno } from '../../../failure/failure.js';
import { openBelow } from '../../../host/open-at.js';
import { asFailure } from '../../../host/sink-failure.js';
import { copyGone } from '../../copy-gone.js';
import type { ByteSource } from '../../pumped-reader.js';
import type { Digest, DigestWatch, ObjectReader } from '../../sink.js';
import type { HashPool } from '../hash/hash-pool.js';

const WATCH_EVERY_MS = 200;
const CHUNK = 256 * 1024;

export interface StoredFile {
  readonly directory: string;
  readonly path: string;
  readonly pool: HashPool;
}

/** The first stage gets the file itself, so that bytes take no detour; the hash is made through a descriptor of our own. */
export async function readFile({ directory, path, pool }: StoredFile): Promise<ObjectReader> {
  const handle = await openPiece(directory, path);
  let hashed: FileHandle;
  try {
    // Opened once more: an offset of its own, and a descriptor that lives as long as the hashing.
    hashed = await open(`/proc/self/fd/${handle.fd}`, 'r');
  } catch (error) {
    await handle.close();
    throw asFailure(error, `read object "${path}" in ${directory}`);
  }
  const following = pool.follow({ readFd: hashed.fd, writeFd: undefined });
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
        throw sayWhich(error, path);
      } finally {
        await close();
      }
    },
    abort: close,
    explain: () => undefined,
  };
}

export async function digestFile(file: StoredFile, watch: DigestWatch): Promise<Digest> {
  const handle = await openPiece(file.directory, file.path);
  const following = file.pool.follow({ readFd: handle.fd, writeFd: undefined });
  const stop = (): void => void following.drop();
  watch.signal.addEventListener('abort', stop, { once: true });
  const ticker = setInterval(() => watch.onBytes?.(following.bytes()), WATCH_EVERY_MS);
  try {
    watch.signal.throwIfAborted();
    return await following.finish();
  } catch (error) {
    watch.signal.throwIfAborted();
    throw sayWhich(error, file.path);
  } finally {
    clearInterval(ticker);
    watch.signal.removeEventListener('abort', stop);
    await following.drop();
    await handle.close();
  }
}

/** The thread that hashes knows no names. */
function sayWhich(error: unknown, path: string): unknown {
  if (!(error instanceof Failure)) return error;
  const { code, message, hint } = error;
  const why = message.slice(message.indexOf(': ') + 2);
  return new Failure({
    code,
    message: `cannot read object "${path}": ${why}`,
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

/** The pieces of an object that came from a store which could not take it as one, such as a bucket copied to a disk. */
export function pieceSource(directory: string, pieces: readonly string[]): ByteSource {
  return async function* bytesOf(signal) {
    for (const path of pieces) {
      const handle = await openPiece(directory, path);
      const stream = handle.createReadStream({ highWaterMark: CHUNK, signal });
      try {
        yield* stream;
      } catch (error) {
        throw asFailure(error, `read object "${path}" in ${directory}`);
      }
    }
  };
}

async function openPiece(directory: string, path: string): Promise<FileHandle> {
  try {
    return await openBelow(directory, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw copyGone(directory);
    throw asFailure(error, `read object "${path}" in ${directory}`);
  }
}
