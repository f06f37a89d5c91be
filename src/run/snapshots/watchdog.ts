/**
 * The watchdog of a freeze: a process of its own, in a session of its own, that thaws when the freeze has lasted too long, and when
 * palhm is gone: then the pipe ends that palhm holds the other end of. It is started before anything is frozen. Its standard input
 * is that pipe: the first line are its orders, a second one says that it is not needed any more. It thaws first and talks then:
 * nobody may be left who reads what it says.
 */
import { spawn } from 'node:child_process';
import { write } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf } from '../../failure/failure.js';
import { setLongTimer } from '../../host/timer.js';
import { endMarked } from './end-marked.js';
import { SAYS, THAW_MS, THAWED, type ThawCommand, type WatchdogOrders } from './watchdog-orders.js';

/** How long to wait for a log that takes nothing. */
const LOG_MS = 1000;

/** Whoever stops palhm may stop its whole session. */
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);

let orders: WatchdogOrders | undefined;
let clearTimer: () => void = () => undefined;
/** Set when it thaws, or is not needed any more. */
let isOver = false;

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  if (orders === undefined) watch(line);
  else if (line === THAWED && !isOver) end();
});
input.on('close', () => void thaw('palhm has ended'));

function watch(line: string): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- palhm itself has written it, a moment ago
  orders = JSON.parse(line) as WatchdogOrders;
  clearTimer = setLongTimer(orders.maxMs, () => {
    tell(SAYS.late);
    void thaw('the freeze has lasted too long');
  });
  tell(SAYS.watching);
}

async function thaw(why: string): Promise<void> {
  if (isOver || orders === undefined) return;
  isOver = true;
  const problems: string[] = [];
  // What freezes must not do so after the thaw.
  if (!(await endMarked(orders.mark))) problems.push('a program that freezes could not be ended');
  for (const command of orders.thaw) {
    const problem = await runThaw(command);
    if (problem !== undefined) problems.push(problem);
  }
  tell(SAYS.done);
  const text = [`${why}: thawed ${orders.what}`, ...problems];
  log(text.map((line) => `palhm watchdog: ${line}\n`).join(''));
}

/** What it prints is nobody's: it may have secrets in it, and the reader may be gone. */
function runThaw({ argv: [program = '', ...args], env, cwd }: ThawCommand) {
  return new Promise<string | undefined>((resolve) => {
    const child = spawn(program, args, { env, cwd, stdio: 'ignore' });
    // That of `spawn` runs on when the program could not be started, and keeps this process alive.
    const timer = setTimeout(() => child.kill('SIGKILL'), THAW_MS);
    const finish = (problem: string | undefined): void => {
      clearTimeout(timer);
      resolve(problem);
    };
    child.once('error', (error) => finish(`${program} could not be started: ${messageOf(error)}`));
    child.once('exit', (code, signal) =>
      finish(code === 0 ? undefined : `a thaw ended with ${code ?? signal}`),
    );
  });
}

/** To palhm, which reads, or is gone. */
function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function log(text: string): void {
  // A write that blocks would keep a thread, and with it the process, for ever.
  const givingUp = setTimeout(() => process.kill(process.pid, 'SIGKILL'), LOG_MS);
  write(2, text, () => {
    clearTimeout(givingUp);
    end();
  });
}

/** Nothing is left then that keeps the process alive. */
function end(): void {
  isOver = true;
  clearTimer();
  process.stdin.destroy();
}
