/** Reads a pipe to its end: hashes the bytes, counts them, looks for texts in them, and puts them where they belong. */
import { createHash } from 'node:crypto';
import { assertNever } from '../../failure/failure.js';
import { type OpenPipe, openPipeReader } from '../pipe-reader.js';
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

  let reader: OpenPipe | undefined;

  function fail(error: unknown): void {
    if (isOver) return;
    isOver = true;
    // Told before the pipe is closed: a stage that breaks on it must not be known to have failed earlier.
    tell.failed(error);
    reader?.close();
  }

  function resume(): void {
    Atomics.store(counter, BUSY, 0n);
    reader?.resume();
  }

  const store = openStore(target, tell, { resume, fail });
  reader = openPipeReader(pipe, {
    room: () => store.room(),
    take(bytes) {
      // The store may give the memory away.
      const count = BigInt(bytes.length);
      Atomics.store(counter, BUSY, 1n);
      try {
        look.push(bytes);
        const isReady = store.accept(bytes);
        Atomics.add(counter, BYTES, count);
        if (isReady) Atomics.store(counter, BUSY, 0n);
        return isReady;
      } catch (error) {
        fail(error);
        return false;
      }
    },
    onEnd() {
      store.end();
      tell.taken(look.end());
    },
    onError: fail,
  });
  reader.resume();

  return {
    more: () => store.more(),
    spare: (bytes) => store.spare(bytes),
    seal: () => store.seal(),
    async close() {
      isOver = true;
      reader?.close();
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
