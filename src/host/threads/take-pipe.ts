/** Reads a pipe to its end: hashes the bytes, counts them, looks for texts in them, and puts them where they belong. */
import { createHash } from 'node:crypto';
import { assertNever } from '../../failure/failure.js';
import { openPipeSocket } from '../pipe-socket.js';
import { createScan } from '../text-scan.js';
import { BLOCK } from './block.js';
import { openChunkStore } from './chunk-store.js';
import { openFileStore } from './file-store.js';
import { BUSY, BYTES, type Taken, type TakePipe, type Target } from './protocol.js';
import type { ByteStore, StoreWatch, Tell, ThreadJob } from './thread-job.js';

export function takePipe({ pipe, target, texts, progress }: TakePipe, tell: Tell): ThreadJob {
  const counter = new BigInt64Array(progress);
  const look = lookAt(texts);
  let isOver = false;

  function fail(error: unknown): void {
    isOver = true;
    // Told before the pipe is closed: a stage that breaks on it must not be known to have failed earlier.
    tell.failed(error);
    socket.destroy();
  }

  function resume(): void {
    Atomics.store(counter, BUSY, 0n);
    socket.resume();
  }

  const store = openStore(target, tell, { resume, fail });
  const socket = openPipeSocket(pipe, {
    buffer: () => store.room(),
    callback(count, buffer) {
      if (isOver) return false;
      Atomics.store(counter, BUSY, 1n);
      try {
        const bytes = buffer.subarray(0, count);
        look.push(bytes);
        const isReady = store.accept(bytes);
        Atomics.add(counter, BYTES, BigInt(count));
        if (isReady) Atomics.store(counter, BUSY, 0n);
        return isReady;
      } catch (error) {
        fail(error);
        return false;
      }
    },
  });
  socket.once('error', fail);
  socket.once('close', () => {
    if (isOver) return;
    store.end();
    tell.taken(look.end());
  });
  socket.resume();

  return {
    more: () => store.more(),
    spare: (bytes) => store.spare(bytes),
    seal: () => store.seal(),
    async close() {
      isOver = true;
      socket.destroy();
      await store.close();
    },
  };
}

/** What is to be known of the bytes, while they are in the cache of the processor. */
function lookAt(texts: TakePipe['texts']) {
  const hash = createHash('sha256');
  const scans = texts.map(createScan);
  let size = 0;
  return {
    push(bytes: Uint8Array): void {
      size += bytes.length;
      hash.update(bytes);
      for (const scan of scans)
        scan.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    },
    end: (): Taken => ({
      size,
      sha256: hash.digest('hex'),
      found: scans.map((scan) => scan.isFound()),
    }),
  };
}

function openStore(target: Target, tell: Tell, watch: StoreWatch): ByteStore {
  switch (target.type) {
    case 'file':
      return openFileStore(target, watch);
    case 'chunks':
      return openChunkStore((bytes) => tell.chunk(bytes), watch);
    case 'nowhere':
      return NOWHERE;
    default:
      return assertNever(target);
  }
}

const NOWHERE: ByteStore = {
  room: () => BLOCK,
  accept: () => true,
  end: () => undefined,
  more: () => undefined,
  spare: () => undefined,
  seal: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
