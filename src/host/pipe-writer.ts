/** Writes from memory into a kernel pipe, only as fast as its reader reads. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { openPipe } from './pipes.js';

export interface PipeWriter {
  /** The reading end. */
  readonly fd: number;
  handOver(): void;
  /** Resolves when there is room for more. What is written after the reader has gone is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  /** Lets the reader see the end of the pipe; resolves when it has taken, or given up, what was written. */
  end(): Promise<void>;
  /** Lets the reader see the end now; what it has not taken is dropped. */
  close(): void;
}

export async function openPipeWriter(): Promise<PipeWriter> {
  const { readEnd, writeEnd } = await openPipe();
  const socket = new Socket({ fd: writeEnd, readable: false, writable: true });
  let handedOver = false;
  // EPIPE: the reader has gone, which is its own affair.
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  const handOver = (): void => {
    if (handedOver) return;
    handedOver = true;
    closeSync(readEnd);
  };
  return {
    fd: readEnd,
    handOver,
    async write(bytes) {
      if (socket.destroyed) return;
      await new Promise<void>((resolve) => {
        socket.write(bytes, () => resolve());
      });
    },
    async end() {
      handOver();
      if (!socket.destroyed) socket.end(() => socket.destroy());
      await closed;
    },
    close() {
      handOver();
      socket.destroy();
    },
  };
}
