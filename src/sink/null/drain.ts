/**
 * A pipe whose bytes are read and forgotten. Never /dev/null itself: GNU tar recognises it and then does not read the
 * files it is to archive.
 */
import { closeSync } from 'node:fs';
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { openPipe } from '../../exec/pipes.js';
import { Failure } from '../../failure/failure.js';
import type { ObjectWriter } from '../sink.js';

/** What a pipe holds at most by default (pipe(7)). */
const BUFFER = 64 * 1024;
/** From the end of the last stage to the end of the pipe, which a process in the background may hold open for ever. */
const PATIENCE_MS = 3000;

export async function createDrain(): Promise<ObjectWriter> {
  const { readEnd, writeEnd } = await openPipe();
  let bytes = 0;
  let handedOver = false;
  // The constructor takes `onread` too; the typings know it of `connect` alone.
  const options: SocketConstructorOpts & ConnectOpts = {
    fd: readEnd,
    readable: true,
    writable: false,
    onread: {
      buffer: Buffer.allocUnsafeSlow(BUFFER),
      callback: (count) => {
        bytes += count;
        return true;
      },
    },
  };
  const socket = new Socket(options);
  const drained = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
  drained.catch(() => undefined);
  socket.resume();

  function handOver(): void {
    if (handedOver) return;
    handedOver = true;
    closeSync(writeEnd);
  }

  return {
    fd: writeEnd,
    handOver,
    bytes: () => bytes,
    async finish() {
      handOver();
      const patience = setTimeout(() => socket.destroy(stillHeld()), PATIENCE_MS);
      await drained.finally(() => clearTimeout(patience));
      return { size: bytes, sha256: null };
    },
    async abort() {
      handOver();
      socket.destroy();
      await drained.catch(() => undefined);
    },
    explain: async () => undefined,
  };
}

function stillHeld(): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: 'a process that was left behind by a stage that has ended still holds its stdout',
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}
