/**
 * Lets a separate process answer a question, and abandons that process when it does not answer in time. In palhm's own
 * process a dead NFS mount would occupy one of the few threads that Node has for files. Other work would wait for a thread,
 * and palhm could not even exit: Node joins its threads, and these are in a system call that no signal ends.
 *
 * The module that answers receives one message from its parent and sends one back. Its imports are its start-up cost.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '../units/duration.js';
import { setLongTimer } from './timer.js';

export interface Apart<Q> {
  /** The compiled module that answers. */
  readonly module: URL;
  readonly question: Q;
  readonly timeoutMs: number;
}

export type Reply<A> =
  | { readonly type: 'answer'; readonly answer: A }
  /** `why` is a sentence without a full stop. */
  | { readonly type: 'silent'; readonly why: string };

/** Loaded before anything else, as in bin/palhm.js. */
const DEAF = new URL('./deaf-to-debuggers.js', import.meta.url);

/** Never rejects: silence is a reply, too. */
export function askApart<Q extends object, A>({
  module,
  question,
  timeoutMs,
}: Apart<Q>): Promise<Reply<A>> {
  // It gets no stream of palhm: a process that cannot be killed would keep the pipe to the reader of palhm open.
  const child = fork(fileURLToPath(module), {
    execArgv: [...process.execArgv, '--import', DEAF.href],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  let clearTimer: (() => void) | undefined;
  return new Promise<Reply<A>>((resolve) => {
    const late = `it did not answer within ${formatDuration({ ms: timeoutMs })}`;
    const fail = (why: string): void => resolve({ type: 'silent', why });
    clearTimer = setLongTimer(timeoutMs, () => fail(late));
    child.once('message', (answer: A) => resolve({ type: 'answer', answer }));
    child.once('error', (error) => fail(`no process could be started for it: ${error.message}`));
    child.once('exit', (code, signal) => {
      const end = (): void => fail(`its process ended with ${signal ?? code}`);
      // An answer may still be in the channel when its process has ended.
      if (child.connected) child.once('disconnect', end);
      else end();
    });
    // Without a free descriptor Node returns a child that has no `send`, against its typings, and an error follows.
    if (child.pid !== undefined) child.send(question, () => undefined);
  }).finally(() => {
    clearTimer?.();
    abandon(child);
  });
}

function abandon(child: ChildProcess): void {
  child.removeAllListeners();
  child.on('error', () => undefined);
  if (child.connected) child.disconnect();
  child.kill('SIGKILL');
  child.unref();
}
