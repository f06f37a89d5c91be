/**
 * Lists the copies of a task in a process of its own, which is left alone when it does not answer in time. In palhm's
 * own process a dead NFS mount would hold one of the few threads that Node has for files, those of other stores would
 * wait for one, and palhm could not even exit: Node joins its threads, and they are in a call that no signal ends.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '../../units/duration.js';
import type { ListAnswer, ListQuestion } from './list-protocol.js';

const CHILD = fileURLToPath(new URL('./list-child.js', import.meta.url));

export function listApart(question: ListQuestion, timeoutMs: number): Promise<ListAnswer> {
  // Nothing of ours: a process that cannot be killed must not keep a pipe of whoever reads palhm open.
  const child = fork(CHILD, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<ListAnswer>((resolve) => {
    const late = `it did not answer within ${formatDuration({ ms: timeoutMs })}`;
    const failed = (why: string) => resolve({ type: 'failed', why });
    timer = setTimeout(() => failed(late), Math.min(timeoutMs, LONGEST_MS));
    child.once('message', (answer: ListAnswer) => resolve(answer));
    child.once('error', (error) => failed(`no process could be started for it: ${error.message}`));
    child.once('exit', (code, signal) => failed(`its listing ended with ${signal ?? code}`));
    child.send(question, () => undefined);
  }).finally(() => {
    clearTimeout(timer);
    letGo(child);
  });
}

/** What setTimeout takes. */
const LONGEST_MS = 2 ** 31 - 1;

function letGo(child: ChildProcess): void {
  child.removeAllListeners();
  child.on('error', () => undefined);
  if (child.connected) child.disconnect();
  child.kill('SIGKILL');
  child.unref();
}
