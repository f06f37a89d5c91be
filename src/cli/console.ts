/** The streams, environment and signals of a command. Commands use nothing else of the process. */
import { constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { escapeControls } from '../units/escape.js';
import type { FileIdentity } from './show/journal.js';
import type { Output } from './show/view.js';
import { openSignalGate, type SignalGate, type SignalWatch } from './signals.js';

/** How long a log that does not take what is written to it is waited for; by default, times for people. */
export interface LogPatience {
  /** While stages print. */
  readonly runningMs: number;
  /** When palhm ends. */
  readonly endingMs: number;
}

export interface Console {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** From this call on, the first stopping signal calls `onStop` and aborts the signal of the gate. */
  openSignals(watch: SignalWatch): SignalGate;
  readonly logPatience?: LogPatience | undefined;
}

export interface Stream extends Output {
  write(text: string, onWritten?: () => void): unknown;
  /** For a stage that writes to this stream. */
  readonly fd: number;
  readonly isTTY?: boolean | undefined;
}

/** The streams, environment and signals of this process. */
export function processConsole(logPatience?: LogPatience): Console {
  const { stdout, stdin, env } = process;
  const stderr = openLog();
  return { stdout, stderr, stdin, environment: env, openSignals: openSignalGate, logPatience };
}

/** A backup must not be lost because nobody reads the log any more, or because its disk is full. */
function losable<S extends Writable>(log: S): S {
  return log.on('error', () => {});
}

/**
 * Where the log goes: never in a way that a log which nobody reads could hold palhm up in the middle of a write, out of reach
 * of any signal. So writes to a terminal do not wait, as they would in Node: its connection may be gone, or Ctrl-S stop it.
 * And a program that inherits stdout makes it blocking (libuv does, at its start), and stderr with it where both are one
 * pipe (`2>&1`): so palhm opens that pipe once more, for itself. A socket cannot be opened again, nor the pipe of another
 * user: see program-stdout.ts.
 */
function openLog(): Stream {
  const stderr = losable(process.stderr);
  if (stderr.isTTY) stopBlocking(stderr);
  if (!fstatSync(stderr.fd).isFIFO()) return stderr;
  try {
    const fd = openSync(`/proc/self/fd/${stderr.fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    return Object.assign(losable(new Socket({ fd, readable: false, writable: true })), { fd });
  } catch {
    return stderr;
  }
}

/**
 * Node makes each terminal blocking (tty.WriteStream does, at its start) and has no public way back: net.Socket refuses a terminal,
 * and a write of fs waits in a thread that Node waits for at its end. So this takes the private handle. That holds with Node 20.20,
 * and test/cli/log-reader.test.ts fails with a Node where it does not; there a write would wait for the terminal, as in any program.
 * libuv has opened the terminal for itself: who shares it is not concerned.
 */
function stopBlocking(terminal: Writable): void {
  const handle: unknown = Reflect.get(terminal, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const setBlocking: unknown = Reflect.get(handle, 'setBlocking');
  if (typeof setBlocking === 'function') Reflect.apply(setBlocking, handle, [false]);
}

/** Prints one line, whatever is in it. */
export function say(stream: Stream, line: string): void {
  stream.write(`${escapeControls(line)}\n`);
}

/** The file behind a stream. It shows whether the stream leads to the journal or was redirected. */
export function identityOf({ fd }: Stream): FileIdentity {
  return fstatSync(fd, { bigint: true });
}

/**
 * Whether palhm was started without this stream. Node opens /dev/null in its place, for reading and writing; a shell opens it for
 * writing alone. Other programs that start palhm may not (Python does not), so this is asked only where bytes would be lost.
 */
export function isClosed({ fd }: Stream): boolean {
  try {
    if (fstatSync(fd).rdev !== statSync('/dev/null').rdev) return false;
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & constants.O_RDWR) !== 0;
  } catch {
    return false;
  }
}
