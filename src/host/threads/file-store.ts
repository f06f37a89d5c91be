/** Writes the bytes of a pipe into a file, and makes it durable. */
import { writeSync } from 'node:fs';
import { BLOCK } from './block.js';
import type { Target } from './protocol.js';
import type { ByteStore, StoreWatch } from './thread-job.js';

/**
 * After this many bytes the file is synced, so that little is left for the sync at the end. The kernel itself starts only
 * when a tenth of the memory is dirty (vm.dirty_background_ratio).
 */
const WRITE_OUT_EVERY = 64 * 1024 * 1024;

export function openFileStore(
  { handle, isReserved }: Extract<Target, { type: 'file' }>,
  { fail }: StoreWatch,
): ByteStore {
  let size = 0;
  let writtenOut = 0;
  let writingOut: Promise<void> | undefined;

  /** Every error counts: the kernel reports it once on a descriptor, and the last sync then succeeds (fsync(2), EIO). */
  function writeOut(): void {
    if (writingOut !== undefined || size - writtenOut < WRITE_OUT_EVERY) return;
    writtenOut = size;
    writingOut = handle
      .datasync()
      .catch(fail)
      .finally(() => {
        writingOut = undefined;
      });
  }

  return {
    room: () => BLOCK,
    accept(bytes) {
      writeAll(handle.fd, bytes);
      size += bytes.length;
      writeOut();
      return true;
    },
    end: () => undefined,
    more: () => undefined,
    spare: () => undefined,
    async seal() {
      await writingOut;
      if (isReserved) await handle.truncate(size);
      await handle.sync();
      // NFS reports here which writes failed (close(2)).
      await handle.close();
    },
    close: () => handle.close(),
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(fd, bytes, written, bytes.length - written);
}
