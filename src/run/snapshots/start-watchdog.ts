import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../failure/failure.js';
import { formatDuration } from '../../units/duration.js';
import { SAYS, THAW_MS, THAWED, type WatchdogOrders } from './watchdog-orders.js';

const READY_MS = 30_000;
/** For what takes it no time. */
const PATIENCE_MS = 5000;

export interface Watchdog {
  /** Aborted with a Failure when it has thawed because the time was over, or is not there any more. */
  readonly over: AbortSignal;
  /** It is not needed any more. */
  dismiss(): Promise<void>;
  /** It is to thaw now. Resolves when it has tried. */
  abandon(): Promise<void>;
}

/** Resolves when it watches. Failure SNAPSHOT_FAILED. */
export async function startWatchdog(
  orders: WatchdogOrders,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Watchdog> {
  const child = spawnWatchdog(environment);
  const over = new AbortController();
  let isExpected = false;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      if (!isExpected) over.abort(gone(orders));
      resolve();
    };
    // Not `exit`: what it has said has to be read before.
    child.once('close', end);
    child.once('error', end);
  });
  const said = listen(child, (line) => {
    if (line === SAYS.late) over.abort(expiry(orders));
  });
  child.stdin.write(`${JSON.stringify(orders)}\n`);
  await Promise.race([said(SAYS.watching), ended, delay(READY_MS, undefined, { ref: false })]);
  if (!said.has(SAYS.watching)) {
    isExpected = true;
    child.kill('SIGKILL');
    throw new Failure({
      code: 'SNAPSHOT_FAILED',
      message: `the watchdog that thaws ${orders.what} could not be started, so nothing was frozen`,
      hint: 'see what it has written to standard error',
    });
  }
  return {
    over: over.signal,
    async dismiss() {
      isExpected = true;
      child.stdin.end(`${THAWED}\n`);
      await waitAtMost(PATIENCE_MS, ended);
      // It does not answer, and there is nothing to thaw.
      if (!said.has(SAYS.late)) child.kill('SIGKILL');
    },
    async abandon() {
      isExpected = true;
      child.stdin.end();
      const thawMs = orders.thaw.length * THAW_MS + 2 * PATIENCE_MS;
      await waitAtMost(thawMs, Promise.race([said(SAYS.done), ended]));
    },
  };
}

function spawnWatchdog(environment: Readonly<Record<string, string | undefined>>) {
  const script = fileURLToPath(new URL('watchdog.js', import.meta.url));
  const child = spawn(process.execPath, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    env: withoutMarks(environment),
  });
  // When it dies, the write that follows fails; that it has ended says so.
  child.stdin.on('error', () => undefined);
  return child;
}

async function waitAtMost(ms: number, what: Promise<void>): Promise<void> {
  const patience = new AbortController();
  const late = delay(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([what, late]);
  patience.abort();
}

interface Said {
  /** Resolves when this line comes, at once when it has come. */
  (line: string): Promise<void>;
  has(line: string): boolean;
}

function listen({ stdout }: ChildProcess, onLine: (line: string) => void): Said {
  const lines = new Set<string>();
  const waiting: (() => void)[] = [];
  if (stdout === null) throw new Error('the watchdog has no stdout');
  createInterface({ input: stdout }).on('line', (line) => {
    lines.add(line);
    onLine(line);
    for (const look of waiting) look();
  });
  const said = (line: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (lines.has(line)) resolve();
      };
      waiting.push(look);
      look();
    });
  return Object.assign(said, { has: (line: string) => lines.has(line) });
}

function expiry({ what, maxMs }: WatchdogOrders): Failure {
  return new Failure({
    code: 'FREEZE_EXPIRED',
    message: `${what} was frozen longer than ${formatDuration({ ms: maxMs })}, and the watchdog has thawed it`,
    details: ['what was frozen may have changed before its snapshot was taken'],
    hint: 'find out what takes so long, or raise "max"',
  });
}

function gone({ what }: WatchdogOrders): Failure {
  return new Failure({
    code: 'SNAPSHOT_FAILED',
    message: `the watchdog of ${what} has ended, so nothing may stay frozen`,
    hint: 'see who has stopped it',
  });
}

/** Whoever ends the processes of a run, be it one that palhm is itself a stage of, must not end the watchdog. */
function withoutMarks(environment: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('PALHM_')),
  );
}
