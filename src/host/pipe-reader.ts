/** Reads a kernel pipe straight into memory that its owner chooses, without a copy and only as fast as the owner asks. */
import { closeSync } from 'node:fs';
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { Failure } from '../failure/failure.js';
import { openPipe } from './pipes.js';

/** From the end of the last stage to the end of the pipe, which a process in the background may hold open for ever. */
const PATIENCE_MS = 3000;

export interface PipeTarget {
  /** Where the next bytes go; at least one byte long. Asked for before each read. */
  room(): Uint8Array;
  /** So many bytes have come to where `room` said. False: no more until `resume`. */
  accept(count: number): boolean;
}

export interface PipeReader {
  /** The writing end. */
  readonly fd: number;
  handOver(): void;
  resume(): void;
  /** Resolves at the end of the pipe. Failure when somebody holds it open although nothing comes. */
  end(): Promise<void>;
  /** Stops reading: whoever writes gets SIGPIPE. */
  close(): Promise<void>;
}

export async function openPipeReader(target: PipeTarget): Promise<PipeReader> {
  const { readEnd, writeEnd } = await openPipe();
  let handedOver = false;
  let paused = false;
  let patience: NodeJS.Timeout | undefined;
  const socket = openSocket(readEnd, {
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
      // While the owner has no room, the pipe may be full of what a stage that has ended has left in it.
      patience = setTimeout(() => {
        if (paused) patience?.refresh();
        else socket.destroy(stillHeld());
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

function openSocket(fd: number, onread: NonNullable<ConnectOpts['onread']>): Socket {
  // The constructor takes `onread` too; the typings know it of `connect` alone.
  const options: SocketConstructorOpts & ConnectOpts = {
    fd,
    readable: true,
    writable: false,
    onread,
  };
  return new Socket(options);
}

function stillHeld(): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message: 'a process that was left behind by a stage that has ended still holds its stdout',
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}
