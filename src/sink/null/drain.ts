/**
 * A pipe whose bytes are read and forgotten. Never /dev/null itself: GNU tar recognises it and then does not read the
 * files it is to archive.
 */
import { openPipeReader } from '../host/pipe-reader.js';
import type { ObjectWriter } from '../sink.js';

/** What a pipe holds at most by default (pipe(7)). */
const BUFFER = 64 * 1024;

export async function createDrain(): Promise<ObjectWriter> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER);
  let bytes = 0;
  const reader = await openPipeReader({
    room: () => buffer,
    accept(count) {
      bytes += count;
      return true;
    },
  });
  return {
    fd: reader.fd,
    handOver: () => reader.handOver(),
    bytes: () => bytes,
    async finish() {
      await reader.end();
      return { size: bytes, sha256: null };
    },
    abort: () => reader.close(),
    explain: async () => undefined,
  };
}
