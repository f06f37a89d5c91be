import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../failure/failure.js';
import type { NamedDescriptor } from '../../host/runtime-files.js';
import { findScope } from '../../host/systemd-scope.js';
import { formatDuration } from '../../units/duration.js';
import { longestThaw, SAYS, TAKE_OVER, THAWED, type WatchdogOrders } from './watchdog-orders.js';

const READY_MS = 30_000;
/** For systemd, which may not answer. */
const SCOPE_MS = 10_000;
/** For what takes it no time. */
const PATIENCE_MS = 5000;

export interface Watchdog {
  /** Aborted with a Failure when it has thawed because the time was over, or is not there any more. */
  readonly over: AbortSignal;
  /** It is not needed any more. Whether it has ended: else it thaws still. */
  dismiss(): Promise<boolean>;
  /** It is to thaw now. Resolves when it has tried. */
  abandon(): Promise<void>;
}

export interface WatchdogStart {
  readonly orders: Omit<WatchdogOrders, 'notes'>;
  /** Its notes, which are open. */
  readonly notes: readonly NamedDescriptor[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the freeze is there for, such as `its snapshot was there`. */
  readonly reads: string;
  /** Gets a sentence. */
  readonly onWarning: (message: string) => void;
}

/** Resolves when it watches. Failure SNAPSHOT_FAILED. */
export async function startWatchdog(start: WatchdogStart): Promise<Watchdog> {
  const { orders } = start;
  const running = (await launchInScope(start)) ?? (await launch(start, [], READY_MS));
  if (running === undefined)
    throw new Failure({
      code: 'SNAPSHOT_FAILED',
      message: `the watchdog that thaws ${orders.what} could not be started, so nothing was frozen`,
      hint: 'see what it has written to standard error',
    });
  const { child, said, ended } = running;
  const over = new AbortController();
  let isExpected = false;
  void ended.then(() => {
    if (!isExpected) over.abort(gone(orders));
  });
  void said(SAYS.late).then(() => over.abort(expiry(start)));
  return {
    over: over.signal,
    async dismiss() {
      isExpected = true;
      child.stdin?.end(`${THAWED}\n`);
      await waitAtMost(PATIENCE_MS, ended);
      // It does not answer, and there is nothing to thaw.
      if (!said.has(SAYS.late)) child.kill('SIGKILL');
      return (await waitAtMost(PATIENCE_MS, ended)) === 'done';
    },
    async abandon() {
      isExpected = true;
      child.stdin?.end(`${TAKE_OVER}\n`);
      const thawMs = longestThaw(orders) + 2 * PATIENCE_MS;
      await waitAtMost(thawMs, Promise.race([said(SAYS.done), said(SAYS.failed), ended]));
    },
  };
}

/** Undefined where it needs none, and where none can be had, which is told. */
async function launchInScope(start: WatchdogStart): Promise<Running | undefined> {
  const { what, mark } = start.orders;
  const id = mark.slice(mark.indexOf('=') + 1);
  const scope = await findScope(`palhm-watchdog-${id}`, `palhm watchdog: thaws ${what}`);
  if (scope === undefined) return undefined;
  const running = scope.problem === undefined && (await launch(start, scope.wrapper, SCOPE_MS));
  if (running) return running;
  const why = scope.problem ?? 'systemd-run has refused it, or has not answered';
  start.onWarning(
    `the watchdog of ${what} has no scope of its own, so it ends with the unit that palhm runs in: ${why}`,
  );
  return undefined;
}

interface Running {
  readonly child: ChildProcess;
  readonly said: Said;
  readonly ended: Promise<void>;
}

/** Undefined when it does not watch in time. Then it does not run. */
async function launch(
  { orders, notes, environment }: WatchdogStart,
  wrapper: readonly string[],
  readyMs: number,
): Promise<Running | undefined> {
  const script = fileURLToPath(new URL('watchdog.js', import.meta.url));
  const [program, ...args] = [...wrapper, process.execPath, script];
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit', ...notes.map(({ fd }) => fd)],
    detached: true,
    env: withoutMarks(environment),
  });
  const ended = new Promise<void>((resolve) => {
    // Not `exit`: what it has said has to be read before.
    child.once('close', resolve);
    child.once('error', resolve);
  });
  // When it dies, the write that follows fails; that it has ended says so.
  child.stdin?.on('error', () => undefined);
  const said = listen(child);
  const own: WatchdogOrders = { ...orders, notes: notes.map(({ path }) => path) };
  child.stdin?.write(`${JSON.stringify(own)}\n`);
  await waitAtMost(readyMs, Promise.race([said(SAYS.watching), ended]));
  if (said.has(SAYS.watching)) return { child, said, ended };
  child.kill('SIGKILL');
  return undefined;
}

async function waitAtMost(ms: number, what: Promise<void>): Promise<'done' | 'late'> {
  const patience = new AbortController();
  const late = delay(ms, 'late' as const, { signal: patience.signal }).catch(() => 'late' as const);
  const first = await Promise.race([what.then(() => 'done' as const), late]);
  patience.abort();
  return first;
}

interface Said {
  /** Resolves when this line comes, at once when it has come. */
  (line: string): Promise<void>;
  has(line: string): boolean;
}

function listen({ stdout }: ChildProcess): Said {
  const lines = new Set<string>();
  const waiting: (() => void)[] = [];
  if (stdout === null) throw new Error('the watchdog has no stdout');
  createInterface({ input: stdout }).on('line', (line) => {
    lines.add(line);
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

function expiry({ orders: { what, maxMs }, reads }: WatchdogStart): Failure {
  return new Failure({
    code: 'FREEZE_EXPIRED',
    message: `${what} was frozen longer than ${formatDuration({ ms: maxMs })}, so its watchdog thaws it`,
    details: [`what was frozen may have changed before ${reads}`],
    hint: 'find out what takes so long, or raise "max"',
  });
}

function gone({ what }: WatchdogStart['orders']): Failure {
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
