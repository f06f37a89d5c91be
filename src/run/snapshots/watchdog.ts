/**
 * The watchdog of a freeze: a process of its own, in a session of its own, that thaws when the freeze has lasted too long, and when
 * palhm is gone: then the pipe ends that palhm holds the other end of. It is started before anything is frozen. Its standard input
 * is that pipe: the first line are its orders, a second one says that it is not needed any more, or that palhm could not thaw. It thaws first and talks then:
 * nobody may be left who reads what it says. The notes of the freeze are open in it, and so locked until it has ended: nobody freezes
 * the same meanwhile, which it would thaw.
 */
import { write } from 'node:fs';
import { createInterface } from 'node:readline';
import { messageOf } from '../../failure/failure.js';
import { emptyRuntimeFile, removeRuntimeFile } from '../../host/runtime-files.js';
import { setLongTimer } from '../../host/timer.js';
import { carryOutThaw } from './carry-out-thaw.js';
import { FIRST_NOTE_FD, SAYS, TAKE_OVER, THAWED, type WatchdogOrders } from './watchdog-orders.js';

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
  else if (line === TAKE_OVER) void thaw('a program that freezes or thaws has failed');
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
  const problems = await carryOutThaw(orders);
  const isThawed = problems.length === 0;
  tell(isThawed ? SAYS.done : SAYS.failed);
  const result = isThawed ? `thawed ${orders.what}` : `could not thaw all of ${orders.what}`;
  // Else who comes next tries again.
  const left = isThawed ? removeNotes(orders) : [];
  log(
    [`${why}: ${result}`, ...problems, ...left].map((line) => `palhm watchdog: ${line}\n`).join(''),
  );
}

/** Returns what went wrong. */
function removeNotes({ notes }: WatchdogOrders): readonly string[] {
  return notes.flatMap((path, index) => {
    const file = { path, fd: FIRST_NOTE_FD + index };
    try {
      emptyRuntimeFile(file);
      removeRuntimeFile(file);
      return [];
    } catch (error) {
      return [`the note ${path} could not be removed: ${messageOf(error)}`];
    }
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
