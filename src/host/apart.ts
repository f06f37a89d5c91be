/**
 * Asks a question of a process of its own, which is left alone when it does not answer in time. In palhm's own process a
 * dead NFS mount would hold one of the few threads that Node has for files, other work would wait for one, and palhm could
 * not even exit: Node joins its threads, and they are in a call that no signal ends.
 *
 * The module that answers takes one message from its parent and sends one back; its own imports are its start-up cost.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '../units/duration.js';
import { setLongTimer } from './timer.js';

export interface Apart<Q> {
  /** The module that answers, compiled. */
  readonly module: URL;
  readonly question: Q;
  readonly timeoutMs: number;
}

export type Answered<A> =
  | { readonly type: 'answer'; readonly answer: A }
  /** `why` is a sentence without a full stop. */
  | { readonly type: 'silent'; readonly why: string };

/** Never rejects: that nobody answered is an answer, too. */
export function askApart<Q extends object, A>({
  module,
  question,
  timeoutMs,
}: Apart<Q>): Promise<Answered<A>> {
  // Nothing of ours: a process that cannot be killed must not keep a pipe of whoever reads palhm open.
  const child = fork(fileURLToPath(module), {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  let clearTimer: (() => void) | undefined;
  return new Promise<Answered<A>>((resolve) => {
    const late = `it did not answer within ${formatDuration({ ms: timeoutMs })}`;
    const fail = (why: string): void => resolve({ type: 'silent', why });
    clearTimer = setLongTimer(timeoutMs, () => fail(late));
    child.once('message', (answer: A) => resolve({ type: 'answer', answer }));
    child.once('error', (error) => fail(`no process could be started for it: ${error.message}`));
    child.once('exit', (code, signal) => fail(`its process ended with ${signal ?? code}`));
    child.send(question, () => undefined);
  }).finally(() => {
    clearTimer?.();
    letGo(child);
  });
}

function letGo(child: ChildProcess): void {
  child.removeAllListeners();
  child.on('error', () => undefined);
  if (child.connected) child.disconnect();
  child.kill('SIGKILL');
  child.unref();
}
