/** What a program prints: line by line as it comes, and the last of it in the end. */
import { Socket } from 'node:net';
import { createLineSplitter, createTail, type LineConsumer } from './tail.js';

const TAIL_BYTES = 32 * 1024;
const LONGEST_LINE = 8 * 1024;
/** After a program has ended, how long to wait for the end of its output, which a daemon it started may hold open. */
export const DRAIN_MS = 200;

/** Reads a pipe to its end: each line is handed on, the last of them are kept. */
export function readOutput(
  readEnd: number,
  consumer: LineConsumer,
): { lastWords(patienceMs: number): Promise<string> } {
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const tail = createTail(TAIL_BYTES);
  const lines = createLineSplitter(LONGEST_LINE, consumer);
  socket.on('data', (chunk: Buffer) => {
    tail.push(chunk);
    lines.push(chunk);
  });
  socket.on('error', () => socket.destroy());
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return {
    async lastWords(patienceMs) {
      const patience = setTimeout(() => socket.destroy(), patienceMs);
      await closed;
      clearTimeout(patience);
      lines.end();
      return tail.text();
    },
  };
}
