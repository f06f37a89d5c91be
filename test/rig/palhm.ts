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
import { createSignalMask } from '../../src/run/signal-mask.js';
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

export interface RunningPalhm {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  events(): readonly LoggedEvent[];
  /** Resolves with the event number `count` of this kind; with undefined when palhm ends before. */
  event(kind: string, count?: number): Promise<LoggedEvent | undefined>;
}

export interface PalhmOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Starts palhm; its stderr is read line by line, as events where they are JSON. */
export function startPalhm(args: readonly string[], options: PalhmOptions = {}): RunningPalhm {
  const child = spawn(process.execPath, [PALHM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  const seen: LoggedEvent[] = [];
  const watchers = new Set<() => void>();
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    stderr += `${line}\n`;
    const event = parseEvent(line);
    if (event !== undefined) seen.push(event);
    for (const look of watchers) look();
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return {
    child,
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
  };
}

/**
 * Runs a command of palhm to its end in this process: an order of magnitude faster than a process of its own, and the same
 * but for signals, the working directory and what a library reads from `process.env`.
 */
export async function callPalhm(
  args: readonly string[],
  { env = {} }: Pick<PalhmOptions, 'env'> = {},
): Promise<Ended> {
  const [stdout, stderr] = [openCapture(), openCapture()];
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
  const code = await runCommand(args, console);
  return { code, signal: null, stdout: stdout.take(), stderr: stderr.take() };
}

/** A stream for palhm, and a descriptor for its stages, that lead to the same file. */
function openCapture(): Stream & { take(): string } {
  const directory = makeScratch();
  const file = join(directory, 'output');
  const fd = openSync(file, 'a+');
  return {
    fd,
    isTTY: false,
    write: (text) => writeSync(fd, text),
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

function parseEvent(line: string): LoggedEvent | undefined {
  return line.startsWith('{') ? (JSON.parse(line) as LoggedEvent) : undefined;
}
