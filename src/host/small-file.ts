/**
 * Reads the files that palhm reads itself: configs, secrets, keys, notes. Any of them may be a FIFO into which nobody writes,
 * a device without an end, or on a mount that does not answer. So the wait ends with the signal, and the size has a bound.
 *
 * It knows nothing of the host's other rooms, so that `config` may use it, too.
 */
import { close, constants, fstat, open, read, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { isatty, ReadStream } from 'node:tty';
import { promisify } from 'node:util';
import { formatSize } from '../units/bytes.js';
import { orReason } from './or-reason.js';

export interface SmallFile {
  /** In bytes. */
  readonly largest: number;
  /** When it is aborted, the promise rejects with the reason. Without one, a signal ends palhm as it ends any program. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a pipe or a terminal is read as well, until all who write to it have closed it. By default it is refused. */
  readonly mayBePipe?: boolean;
  /** Whether the last name of the path may be a symbolic link; by default it may. */
  readonly mayBeLink?: boolean;
  /** Called with what was opened, before anything is read of it. It throws to refuse it. */
  readonly confirm?: (stats: Stats) => void;
  /** Called once when the file is not read after three seconds: nobody writes into it, or its mount does not answer. */
  readonly onWait?: (() => void) | undefined;
}

const PATIENCE_MS = 3000;

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
const CHUNK = 64 * 1024;

/**
 * The bytes of a file. Errors of the system pass unchanged; with codes of the system, too: EFBIG when it is larger, ENXIO
 * when it is no file that is read.
 */
export async function readSmallFile(path: string, file: SmallFile): Promise<Buffer> {
  const { signal, mayBeLink = true, onWait } = file;
  signal?.throwIfAborted();
  // O_NONBLOCK: opening a FIFO does not wait for a writer.
  const opening = promisify(open)(path, O_RDONLY | O_NONBLOCK | (mayBeLink ? 0 : O_NOFOLLOW));
  const reading = opening.then((fd) => readDescriptor(fd, file));
  const patience = onWait && setTimeout(onWait, PATIENCE_MS);
  return await orReason(reading, signal).finally(() => clearTimeout(patience));
}

/** Owns the descriptor. */
async function readDescriptor(fd: number, file: SmallFile): Promise<Buffer> {
  let owned = true;
  try {
    const isTerminal = isatty(fd);
    const stats = await promisify(fstat)(fd);
    file.confirm?.(stats);
    const isPipe = isTerminal || stats.isFIFO();
    file.signal?.throwIfAborted();
    if (isPipe) {
      if (file.mayBePipe !== true) throw refusal('ENXIO', 'it is not a regular file');
      owned = false;
      const pipe = { fd, readable: true, writable: false };
      return await readStream(isTerminal ? new ReadStream(fd) : new Socket(pipe), file);
    }
    return await readToEnd(fd, file);
  } finally {
    if (owned) await promisify(close)(fd);
  }
}

/** Of a file in /proc, or of a device, the size is not known before. */
async function readToEnd(fd: number, file: SmallFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const { bytesRead } = await promisify(read)(fd, chunk, 0, CHUNK, null);
    if (bytesRead === 0) return Buffer.concat(chunks, size);
    size += bytesRead;
    if (size > file.largest) throw tooLarge(file);
    file.signal?.throwIfAborted();
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

/** The kernel tells of the end of a pipe only when it has had a writer, so a FIFO is waited for until it has one. */
async function readStream(stream: Socket, file: SmallFile): Promise<Buffer> {
  const { signal } = file;
  const stop = (): void => void stream.destroy();
  signal?.addEventListener('abort', stop);
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > file.largest) throw tooLarge(file);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function tooLarge({ largest }: SmallFile): Error {
  return refusal('EFBIG', `it is larger than ${formatSize(largest)}`);
}

function refusal(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
