/** Collects the bytes of a pipe in chunks, and gives each away without copying it. */
import { LARGEST_PACKET } from '../pipe-reader.js';
import type { ByteStore, StoreWatch } from './thread-job.js';

/** Larger than a read: a message for each 64 KiB costs more than the bytes in it, and so does collecting them as garbage. */
const CHUNK = 1024 * 1024;
/** The first one: most objects of a copy of many are small. */
const FIRST_CHUNK = 128 * 1024;
/** How many chunks may be under way, besides the one that is filled and one that waits. */
const UNDER_WAY = 4;

export function openChunkStore(
  send: (chunk: Uint8Array<ArrayBuffer>) => void,
  { resume }: Pick<StoreWatch, 'resume'>,
): ByteStore {
  let credit = UNDER_WAY;
  let chunk = new Uint8Array(FIRST_CHUNK);
  const spares: Uint8Array<ArrayBuffer>[] = [];
  let filled = 0;
  /** A full chunk that nobody has asked for yet. */
  let waiting: Uint8Array<ArrayBuffer> | undefined;

  return {
    room: () => chunk.subarray(filled),
    accept(bytes) {
      filled += bytes.length;
      if (chunk.length - filled >= LARGEST_PACKET) return true;
      const full = chunk.subarray(0, filled);
      chunk = spares.pop() ?? new Uint8Array(CHUNK);
      filled = 0;
      if (credit === 0) {
        waiting = full;
        return false;
      }
      credit -= 1;
      send(full);
      return true;
    },
    end() {
      if (filled > 0) send(chunk.subarray(0, filled));
    },
    more() {
      if (waiting === undefined) {
        credit += 1;
        return;
      }
      send(waiting);
      waiting = undefined;
      resume();
    },
    spare(bytes) {
      if (bytes.buffer.byteLength === CHUNK) spares.push(new Uint8Array(bytes.buffer));
    },
    seal: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
