/** The real program: in a process of its own, or called in this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Console, Stream } from '../../src/cli/console.js';
import { runCommand } from '../../src/cli/main.js';
import { createSignalMask } from '../../src/run/operation/signal-mask.js';
import { makeScratch } from './scratch.js';

export const PALHM = fileURLToPath(new URL('../../../bin/palhm.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An event of `--log-format json`, doc/events.md. */
export interface LoggedEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A palhm that is under way. */
export interface WatchedPalhm {
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  events(): readonly LoggedEvent[];
  /** Resolves with the event number `count` of this kind; with undefined when palhm ends before. */
  event(kind: string, count?: number): Promise<LoggedEvent | undefined>;
}

export interface RunningPalhm extends WatchedPalhm {
  readonly child: ChildProcess;
}

export interface PalhmOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Starts palhm as a process; its stderr is read line by line, as events where they are JSON. */
export function startPalhm(args: readonly string[], options: PalhmOptions = {}): RunningPalhm {
  const child = spawn(process.execPath, [PALHM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  const log = openEventLog();
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    log.take(line);
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, ...log.watch(ended) };
}

interface EventLog {
  take(line: string): void;
  watch(ended: Promise<Ended>): WatchedPalhm;
}

function openEventLog(): EventLog {
  const seen: LoggedEvent[] = [];
  const watchers = new Set<() => void>();
  return {
    take(line) {
      if (!line.startsWith('{')) return;
      seen.push(JSON.parse(line) as LoggedEvent);
      for (const look of watchers) look();
    },
    watch: (ended) => ({
      ended,
      events: () => seen,
      event: (kind, count = 1) =>
        new Promise((resolve) => {
          const look = (): void => {
            const found = seen.filter(({ event }) => event === kind)[count - 1];
            if (found === undefined) return;
            watchers.delete(look);
            resolve(found);
          };
          watchers.add(look);
          look();
          ended.then(() => resolve(undefined)).catch(() => resolve(undefined));
        }),
    }),
  };
}

/**
 * Starts a command of palhm in this process: an order of magnitude faster than a process of its own, and the same but for
 * signals, the working directory and what a library reads from `process.env`.
 */
export function watchPalhm(
  args: readonly string[],
  { env = {} }: Pick<PalhmOptions, 'env'> = {},
): WatchedPalhm {
  const log = openEventLog();
  const [stdout, stderr] = [openCapture(), openCapture((text) => log.take(text))];
  const console: Console = {
    stdout,
    stderr,
    stdin: Readable.from([]),
    environment: { ...process.env, ...env },
    openSignals: () => ({
      ...createSignalMask(),
      signal: new AbortController().signal,
      close: () => {},
    }),
  };
  const ended = runCommand(args, console).then((code) => ({
    code,
    signal: null,
    stdout: stdout.take(),
    stderr: stderr.take(),
  }));
  return log.watch(ended);
}

/** The same, to its end. */
export function callPalhm(
  args: readonly string[],
  options?: Pick<PalhmOptions, 'env'>,
): Promise<Ended> {
  return watchPalhm(args, options).ended;
}

/** A stream for palhm, and a descriptor for its stages, that lead to the same file. */
function openCapture(onWrite: (text: string) => void = () => {}): Stream & { take(): string } {
  const directory = makeScratch();
  const file = join(directory, 'output');
  const fd = openSync(file, 'a+');
  return {
    fd,
    isTTY: false,
    write(text) {
      onWrite(text);
      return writeSync(fd, text);
    },
    take() {
      closeSync(fd);
      const text = readFileSync(file, 'utf8');
      rmSync(directory, { recursive: true });
      return text;
    },
  };
}

/** Runs palhm to its end. */
export function runPalhm(args: readonly string[], options?: PalhmOptions): Promise<Ended> {
  return startPalhm(args, options).ended;
}
