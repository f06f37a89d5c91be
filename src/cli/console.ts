/** The world of a command: its streams, environment and signals. Commands reach the process through it alone. */
import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FileIdentity } from './show/journal.js';
import type { Output } from './show/view.js';
import { openSignalGate, type SignalGate } from './signals.js';

export interface Console {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** From here on a stopping signal is told to `onStop` and aborts the signal of the gate, once. */
  openSignals(onStop: (signal: NodeJS.Signals) => void): SignalGate;
}

export interface Stream extends Output {
  /** For a stage that writes to it. */
  readonly fd: number;
  readonly isTTY?: boolean | undefined;
}

/** The streams, environment and signals of this process. */
export function processConsole(): Console {
  const { stdout, stderr, stdin, env } = process;
  return { stdout, stderr, stdin, environment: env, openSignals: openSignalGate };
}

/** Which file a stream leads to, to tell the journal from what it was redirected to. */
export function identityOf({ fd }: Stream): FileIdentity {
  return fstatSync(fd, { bigint: true });
}
