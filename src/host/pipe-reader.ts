/**
 * Reads a pipe straight into memory of its owner, to its very end.
 *
 * When all writers are gone libuv takes a read that filled less than its buffer for the last one (uv__stream_io, POLLHUP). That is
 * wrong for a pipe into which somebody has written with O_DIRECT, as `dd oflag=direct` does: each read gives one packet then,
 * however much there is (pipe(2)). So the pipe is kept open a second time, and read by hand until it says that it has ended.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { isErrno } from '../failure/failure.js';

/** What a read has to have room for, or the kernel drops the rest of a packet: a page, which has 64 KiB at most. */
export const LARGEST_PACKET = 64 * 1024;

export interface PipeReader {
  /** Where the next bytes go; at least as long as the largest packet. Called before each read. */
  readonly room: () => Uint8Array;
  /** Takes bytes that were read into `room`. False: read no more until `resume` is called. When it throws, it is a defect. */
  readonly take: (bytes: Uint8Array) => boolean;
  /** Called once, unless the pipe was closed before. */
  readonly onEnd: () => void;
  readonly onError: (error: unknown) => void;
}

export interface OpenPipe {
  /** Reads, for the first time or after a pause. */
  resume(): void;
  /** May be called again. */
  close(): void;
}

/** Owns the descriptor. Throws the error of the system when the pipe cannot be opened again; then the descriptor is as it was. */
export function openPipeReader(pipe: number, reader: PipeReader): OpenPipe {
  const { O_RDONLY, O_NONBLOCK } = constants;
  const rest = openSync(`/proc/self/fd/${pipe}`, O_RDONLY | O_NONBLOCK);
  let isClosed = false;
  /** Set when the socket takes the pipe to have ended. */
  let isByHand = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    socket.destroy();
    closeSync(rest);
  };
  const readRest = (): void => {
    try {
      for (;;) {
        if (isClosed) return;
        const room = reader.room();
        const count = readSync(rest, room);
        if (count === 0) {
          close();
          reader.onEnd();
        } else if (!reader.take(room.subarray(0, count))) return;
      }
    } catch (error) {
      // Somebody has opened it for writing once more.
      if (isErrno(error, 'EAGAIN')) setTimeout(readRest, LOOK_AGAIN_MS);
      else fail(error);
    }
  };
  const fail = (error: unknown): void => {
    if (!isClosed) reader.onError(error);
    close();
  };
  const socket = openPipeSocket(pipe, {
    buffer: () => reader.room(),
    callback: (count, buffer) => !isClosed && reader.take(buffer.subarray(0, count)),
  });
  socket.once('error', fail);
  socket.once('close', () => {
    isByHand = true;
    readRest();
  });
  return {
    resume: () => (isByHand ? readRest() : void socket.resume()),
    close,
  };
}

const LOOK_AGAIN_MS = 20;

/** The socket is paused until `resume`; it closes at what it takes for the end, after an `error`, and when it is destroyed. */
function openPipeSocket(fd: number, onread: NonNullable<ConnectOpts['onread']>): Socket {
  // The constructor takes `onread`, too; the types have it only for `connect`.
  const options: SocketConstructorOpts & ConnectOpts = {
    fd,
    readable: true,
    writable: false,
    onread,
  };
  return new Socket(options);
}
