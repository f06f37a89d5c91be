/** Reads a kernel pipe directly into memory of its owner, without copying, and only as fast as the owner asks for it. */
import { closeSync } from 'node:fs';
import { Failure } from '../failure/failure.js';
import { openPipeSocket } from './pipe-socket.js';
import { openPipe } from './pipes.js';

/** How long the pipe may stay open after the last stage has ended. A process in the background may hold it for ever. */
const PATIENCE_MS = 3000;

export interface PipeTarget {
  /** Where the next bytes go; at least one byte long. Called before each read. */
  room(): Uint8Array;
  /** `count` bytes have been written into the last `room`. False: read no more until `resume`. */
  accept(count: number): boolean;
}

export interface PipeReader {
  /** The writing end. */
  readonly fd: number;
  /** Closes the writing end here, once: from then on only those who got it keep the pipe open. */
  handOver(): void;
  resume(): void;
  /** Resolves at the end of the pipe. Failure when a process holds it open although no bytes arrive. */
  end(): Promise<void>;
  /** Stops reading. A process that still writes gets SIGPIPE. */
  close(): Promise<void>;
}

export async function openPipeReader(target: PipeTarget): Promise<PipeReader> {
  const { readEnd, writeEnd } = await openPipe();
  let handedOver = false;
  let paused = false;
  let patience: NodeJS.Timeout | undefined;
  const socket = openPipeSocket(readEnd, {
    buffer: () => target.room(),
    callback: (count) => {
      patience?.refresh();
      paused = !target.accept(count);
      return !paused;
    },
  });
  const closed = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
  closed.catch(() => undefined);
  socket.resume();

  function handOver(): void {
    if (handedOver) return;
    handedOver = true;
    closeSync(writeEnd);
  }

  return {
    fd: writeEnd,
    handOver,
    resume() {
      paused = false;
      patience?.refresh();
      socket.resume();
    },
    async end() {
      handOver();
      // While the owner takes nothing, the pipe may still be full of the last bytes of a stage that has ended.
      patience = setTimeout(() => {
        if (paused) patience?.refresh();
        else socket.destroy(heldPipeFailure());
      }, PATIENCE_MS);
      await closed.finally(() => clearTimeout(patience));
    },
    async close() {
      handOver();
      socket.destroy();
      await closed.catch(() => undefined);
    },
  };
}

function heldPipeFailure(): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: 'a process that was left behind by a stage that has ended still holds its stdout',
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}
