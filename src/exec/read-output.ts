/** The output of a program: each line when it arrives, and the last part of it at the end. */
import { Socket } from 'node:net';
import { createLineSplitter, createTail, type LineConsumer } from './tail.js';

const TAIL_BYTES = 32 * 1024;
const LONGEST_LINE = 8 * 1024;
/** How long to wait for the end of the output after the program has ended. A daemon that it started may keep it open. */
export const DRAIN_MS = 200;

/** Reads a pipe to its end and closes it. The consumer gets each line. `tail` returns the last part of the output. */
export function readOutput(
  readEnd: number,
  consumer: LineConsumer,
): { tail(patienceMs: number): Promise<string> } {
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const kept = createTail(TAIL_BYTES);
  const lines = createLineSplitter(LONGEST_LINE, consumer);
  socket.on('data', (chunk: Buffer) => {
    kept.push(chunk);
    lines.push(chunk);
  });
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return {
    async tail(patienceMs) {
      const patience = setTimeout(() => socket.destroy(), patienceMs);
      await closed;
      clearTimeout(patience);
      lines.end();
      return kept.text();
    },
  };
}
