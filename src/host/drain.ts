/**
 * A pipe whose bytes are read, counted and dropped. /dev/null must not be used for this: GNU tar recognises it, and then
 * does not read the files that it should archive.
 */
import { openPipeReader, type PipeReader } from './pipe-reader.js';

/** The default capacity of a pipe (pipe(7)). */
const BUFFER = 64 * 1024;

export interface Drain extends Pick<PipeReader, 'fd' | 'handOver' | 'end' | 'close'> {
  /** Bytes that have arrived so far. */
  bytes(): number;
}

export async function openDrain(): Promise<Drain> {
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
    end: () => reader.end(),
    close: () => reader.close(),
    bytes: () => bytes,
  };
}
