/** The streams, environment and signals of a command. Commands use nothing else of the process. */
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
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
  /** For a stage that writes to this stream. */
  readonly fd: number;
  readonly isTTY?: boolean | undefined;
}

/** The streams, environment and signals of this process. */
export function processConsole(logPatience?: LogPatience): Console {
  const { stdout, stderr, stdin, env } = process;
  return { stdout, stderr, stdin, environment: env, openSignals: openSignalGate, logPatience };
}

/** The file behind a stream. It shows whether the stream leads to the journal or was redirected. */
export function identityOf({ fd }: Stream): FileIdentity {
  return fstatSync(fd, { bigint: true });
}
