/**
 * Where programs write that inherit the stdout of palhm: steps of a routine, hooks. libuv makes what a program inherits blocking,
 * for palhm, too. Where that is the log as well, and palhm cannot open it once more for itself (a socket, as systemd gives one for
 * the journal; the pipe of another user), a log that nobody reads would hold palhm up in a write, out of reach of any signal. There
 * programs get a pipe, and palhm hands on what comes.
 */
import { fstatSync } from 'node:fs';
import { openStdoutPipe, type StdoutPipe } from '../run/operations.js';
import type { Console } from './console.js';

export async function openProgramStdout({ stdout, stderr }: Console): Promise<StdoutPipe> {
  if (!isSame(stdout.fd, stderr.fd))
    return { fd: stdout.fd, close: () => Promise.resolve(), breakOff: () => undefined };
  const pipe = await openStdoutPipe((text) =>
    stdout.write(text) === false
      ? new Promise((resolve) => {
          stdout.once?.('drain', resolve);
        })
      : undefined,
  );
  // No `drain` comes after that.
  stdout.once?.('error', () => pipe.breakOff());
  return pipe;
}

/** Whether both are one socket or pipe. A log that palhm has opened for itself has another descriptor than 2. */
function isSame(stdout: number, stderr: number): boolean {
  if (stderr !== 2) return false;
  const [out, err] = [fstatSync(stdout), fstatSync(stderr)];
  return (out.isSocket() || out.isFIFO()) && out.dev === err.dev && out.ino === err.ino;
}
