/**
 * The watchdog of a freeze: a process of its own, in a session of its own, that thaws when the freeze has lasted too long, and when
 * palhm is gone: then the pipe ends that palhm holds the other end of. It is started before anything is frozen. Its standard input
 * is that pipe: the first line are its orders, a second one says that it is not needed any more.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { messageOf } from '../../failure/failure.js';
import { findByEnvironment } from '../../host/proc.js';
import { signalUntilGone } from '../../host/signal-processes.js';
import {
  READY,
  THAWED,
  type ThawCommand,
  WATCHDOG_EXIT,
  type WatchdogOrders,
} from './watchdog-orders.js';

/** A thaw that hangs must not keep the next one from running. */
const THAW_MS = 30_000;
const GRACE_MS = 2000;
const KILL_MS = 5000;

/** Whoever stops palhm may stop its whole session. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// palhm may have died with the reader of its log.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

let orders: WatchdogOrders | undefined;
let timer: NodeJS.Timeout | undefined;
/** Set when it thaws, or is not needed any more. */
let isOver = false;

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  if (orders === undefined) watch(line);
  else if (line === THAWED && !isOver) end(WATCHDOG_EXIT.notNeeded);
});
input.on('close', () => void thawAndExit('palhm has ended', WATCHDOG_EXIT.abandoned));

function watch(line: string): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- palhm itself has written it, a moment ago
  orders = JSON.parse(line) as WatchdogOrders;
  timer = setTimeout(
    () => void thawAndExit('the freeze has lasted too long', WATCHDOG_EXIT.late),
    orders.maxMs,
  );
  process.stdout.write(`${READY}\n`);
}

async function thawAndExit(why: string, code: number): Promise<void> {
  if (isOver || orders === undefined) return;
  isOver = true;
  say(`${why}: thawing ${orders.what}`);
  if (orders.hold !== null) await endHolders(orders.hold);
  for (const command of orders.thaw) await runThaw(command);
  end(code);
}

/** Nothing is left then that keeps the process alive. */
function end(code: number): void {
  isOver = true;
  clearTimeout(timer);
  process.exitCode = code;
  process.stdin.destroy();
}

async function endHolders(mark: string): Promise<void> {
  const round = { find: () => findByEnvironment((entries) => entries.includes(mark)) };
  const isGone = await signalUntilGone({ ...round, signal: 'SIGTERM', patienceMs: GRACE_MS });
  if (isGone || (await signalUntilGone({ ...round, signal: 'SIGKILL', patienceMs: KILL_MS })))
    return;
  say('a program that holds it could not be ended');
}

function runThaw({ argv: [program = '', ...args], env, cwd }: ThawCommand): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env,
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: THAW_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', (error) => {
      say(`${program} could not be started: ${messageOf(error)}`);
      resolve();
    });
    child.once('exit', (code, signal) => {
      if (code !== 0) say(`${program} ended with ${code ?? signal}`);
      resolve();
    });
  });
}

function say(text: string): void {
  process.stderr.write(`palhm watchdog: ${text}\n`);
}
