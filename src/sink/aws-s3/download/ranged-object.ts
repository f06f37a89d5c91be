/**
 * Reads one object in order, by several requests for ranges at a time. `If-Match` makes the store refuse a range of another
 * object, which may have replaced the first one.
 */
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { Failure } from '../../../failure/failure.js';
import { type Store, urlOf } from '../bucket/store.js';
import { statusOf } from '../client/s3-failure.js';
import { createRangeConnections } from './range-connections.js';
import { fetchRange, type RangeRequest } from './range-fetch.js';

export interface StoredKey {
  readonly store: Store;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Smaller ranges are slower, because every request costs time on both sides. */
const RANGE = 16 * 1024 * 1024;
/** `AT_ONCE` times `RANGE` is the memory that one object takes. */
const AT_ONCE = 3;
/** Smaller pieces are not worth a message to the hashing thread. A connection gives as little as 64 KiB at a time. */
const PIECE = 1024 * 1024;

/**
 * The bytes of an object. Each piece keeps its bytes until the next one is asked for. Errors are those of the SDK, or Failures.
 */
export async function* readInRanges(stored: StoredKey): AsyncGenerator<Uint8Array> {
  const { size, etag } = await lookAt(stored);
  const stop = new AbortController();
  const signal = AbortSignal.any([stored.signal, stop.signal]);
  const connections = createRangeConnections(stored.store.stallMs);
  const free: Buffer[] = [];
  const underWay: Arriving[] = [];
  let next = 0;
  try {
    while (next < size || underWay.length > 0) {
      while (next < size && underWay.length < AT_ONCE) {
        const memory = free.pop() ?? makeMemory(Math.min(RANGE, size));
        const room = memory.subarray(0, size - next);
        underWay.push(arrive({ ...stored, signal, etag, connections, first: next, room }, memory));
        next += room.length;
      }
      const head = underWay[0];
      for (let bytes = await head?.next(); bytes !== undefined; bytes = await head?.next())
        yield bytes;
      underWay.shift();
      if (head !== undefined) free.push(head.memory);
    }
  } finally {
    stop.abort();
    connections.close();
  }
}

/** Shared memory, so that a thread can hash it while it is written to the pipe. */
function makeMemory(size: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(size));
}

async function lookAt({ store, key, signal }: StoredKey) {
  const command = new HeadObjectCommand({ Bucket: store.bucket, Key: key });
  const { ContentLength, ETag } = await store.client.send(command, { abortSignal: signal });
  if (ContentLength === undefined) throw new Error('the store did not say how long an object is');
  return { size: ContentLength, etag: ETag };
}

/** A range that is being received. It fills its memory without waiting for its reader. */
interface Arriving {
  readonly memory: Buffer;
  /** The bytes since the last call, at least `PIECE` or the rest. Undefined at the end. Rejects when the range breaks off. */
  next(): Promise<Uint8Array | undefined>;
}

function arrive(request: Omit<RangeRequest, 'onBytes'>, memory: Buffer): Arriving {
  const { room } = request;
  let wake = (): void => undefined;
  let arrived = 0;
  let taken = 0;
  let isOver = false;
  const onBytes = (count: number): void => {
    arrived += count;
    if (arrived - taken >= PIECE) wake();
  };
  const over = fetchRange({ ...request, onBytes }).finally(() => {
    isOver = true;
    wake();
  });
  over.catch(() => undefined);
  return {
    memory,
    async next() {
      if (arrived - taken < PIECE && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (taken === arrived) {
        await over.catch((error: unknown) => {
          throw asReplaced(request, error);
        });
        return undefined;
      }
      const bytes = room.subarray(taken, arrived);
      taken = arrived;
      return bytes;
    },
  };
}

function asReplaced({ store, key }: Pick<StoredKey, 'store' | 'key'>, error: unknown): unknown {
  if (statusOf(error) !== 412) return error;
  return new Failure({
    code: 'COPY_DAMAGED',
    message: `${urlOf(store, key)} was replaced while it was being read`,
    hint: 'see who else writes to this root; restore from another copy',
    cause: error,
  });
}
