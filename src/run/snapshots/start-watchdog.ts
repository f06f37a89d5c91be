import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../failure/failure.js';
import { READY, THAWED, WATCHDOG_EXIT, type WatchdogOrders } from './watchdog-orders.js';

const READY_MS = 30_000;

export interface Watchdog {
  /** Aborted with a Failure FREEZE_EXPIRED when it has thawed because the time was over. */
  readonly expired: AbortSignal;
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
  const script = fileURLToPath(new URL('watchdog.js', import.meta.url));
  const child = spawn(process.execPath, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    env: withoutMarks(environment),
  });
  // When it dies, the write that follows fails; that it has ended says so.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  child.stdin.write(`${JSON.stringify(orders)}\n`);
  const line = once(createInterface({ input: child.stdout }), 'line', {
    signal: AbortSignal.timeout(READY_MS),
  }).then(
    ([text]) => String(text),
    () => undefined,
  );
  if ((await Promise.race([line, ended])) !== READY) {
    child.stdin.destroy();
    throw new Failure({
      code: 'SNAPSHOT_FAILED',
      message: `the watchdog that thaws ${orders.what} could not be started, so nothing was frozen`,
      hint: 'see what it has written to standard error',
    });
  }
  const expired = new AbortController();
  void ended.then((code) => {
    if (code === WATCHDOG_EXIT.late) expired.abort(expiry(orders));
  });
  return {
    expired: expired.signal,
    async dismiss() {
      child.stdin.end(`${THAWED}\n`);
      await ended;
    },
    async abandon() {
      child.stdin.end();
      await ended;
    },
  };
}

function expiry({ what, maxMs }: WatchdogOrders): Failure {
  return new Failure({
    code: 'FREEZE_EXPIRED',
    message: `${what} was frozen longer than ${maxMs / 1000} s, and the watchdog has thawed it`,
    details: ['what was frozen may have changed before its snapshot was taken'],
    hint: 'find out what takes so long, or raise "max"',
  });
}

/** Whoever ends the processes of a run, be it one that palhm is itself a stage of, must not end the watchdog. */
function withoutMarks(environment: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('PALHM_')),
  );
}
