import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';

/**
 * Reads a pipe straight into memory of its owner. The socket owns the descriptor. It is paused until `resume`; it closes at
 * the end of the pipe, after an `error`, and when it is destroyed.
 */
export function openPipeSocket(fd: number, onread: NonNullable<ConnectOpts['onread']>): Socket {
  // The constructor takes `onread`, too; the types have it only for `connect`.
  const options: SocketConstructorOpts & ConnectOpts = {
    fd,
    readable: true,
    writable: false,
    onread,
  };
  return new Socket(options);
}
