/** Writes from memory into a kernel pipe, only as fast as the reader reads. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { openPipe } from './pipes.js';

export interface PipeWriter {
  /** The reading end. */
  readonly fd: number;
  /** Closes the reading end here, once: from then on only those who got it can read. */
  handOver(): void;
  /** Resolves when there is room for more. Bytes written after the reader has closed its end are dropped. */
  write(bytes: Uint8Array): Promise<void>;
  /** To be called when the programs that were given the pipe have ended: who still holds it has to read, or it is closed. */
  waitNoLonger(): void;
  /** Ends the pipe. Resolves when the reader has read everything, or has closed its end. */
  end(): Promise<void>;
  /** Ends the pipe at once. Bytes that are still in memory are dropped. */
  close(): void;
}

/** As of what a stage leaves behind between two stages. */
const PATIENCE_MS = 3000;

export async function openPipeWriter(): Promise<PipeWriter> {
  const { readEnd, writeEnd } = await openPipe();
  const socket = new Socket({ fd: writeEnd, readable: false, writable: true });
  let handedOver = false;
  // EPIPE: the reader has closed its end. Whether it may do so is judged by whoever runs the reader.
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
    waitNoLonger() {
      // The event comes when nothing was taken for so long, and also when nothing was there to be taken.
      socket.setTimeout(PATIENCE_MS, () => {
        if (socket.writableLength > 0) socket.destroy();
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
