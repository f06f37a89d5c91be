/** A pipe for programs that would inherit the stdout of a front end, which hands on what comes. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openPipe } from '../../host/pipes.js';

/** For what is still in the pipe. A daemon that a program has started may keep it open. */
const DRAIN_MS = 1000;

export interface StdoutPipe {
  readonly fd: number;
  /** Resolves when all is handed on, or is not taken. */
  close(): Promise<void>;
  /** Nobody takes anything any more: who writes finds a pipe without a reader, as if the stream of the front end were its own. */
  breakOff(): void;
}

/** `take` returns undefined when it has room for more, else when it has again. */
export async function openStdoutPipe(
  take: (text: string) => Promise<void> | undefined,
): Promise<StdoutPipe> {
  const { readEnd, writeEnd } = await openPipe();
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.on('error', () => undefined);
  socket.setEncoding('utf8').on('data', (text: string) => {
    const ready = take(text);
    if (ready === undefined) return;
    socket.pause();
    void ready.then(() => socket.resume());
  });
  return {
    fd: writeEnd,
    async close() {
      closeSync(writeEnd);
      const patience = new AbortController();
      const late = delay(DRAIN_MS, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([ended, late]);
      patience.abort();
      socket.destroy();
    },
    breakOff: () => socket.destroy(),
  };
}
