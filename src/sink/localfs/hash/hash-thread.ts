/**
 * The thread that hashes files while they are written. It reads behind the writer, so that the hash is ready soon after the
 * writer ends and covers what the file system holds. Its reads are synchronous: they block this thread alone and take no
 * place in the thread pool that the main thread needs. It serves its files in turn, through one buffer.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { messageOf } from '../../../failure/failure.js';
import { advance, type Followed, follow, settle } from './followed-file.js';
import type { FromHashThread, ToHashThread } from './hash-protocol.js';

/** How long to wait when everything written so far has been read. The end of the writer cuts this short. */
const CATCH_UP_MS = 40;

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  const files = new Map<number, Followed>();
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;

  function wake(): void {
    clearTimeout(timer);
    timer = undefined;
    turn ??= setImmediate(takeTurn);
  }

  function takeTurn(): void {
    turn = undefined;
    let behind = false;
    for (const [id, file] of files) behind = serveFile(id, file) || behind;
    if (behind) wake();
    else if (files.size > 0) timer ??= setTimeout(wake, CATCH_UP_MS);
  }

  /** True when there is more to be read at once. */
  function serveFile(id: number, file: Followed): boolean {
    try {
      if (file.dropped) {
        if (!file.syncing) forget({ type: 'dropped', id });
        return false;
      }
      if (advance(file)) return true;
      if (!file.ended || file.syncing) return false;
      const digest = settle(file);
      if (digest === undefined) return true;
      forget({ type: 'done', id, digest });
    } catch (error) {
      forget({ type: 'failed', id, problem: messageOf(error) });
    }
    return false;
  }

  function forget(answer: FromHashThread): void {
    files.delete(answer.id);
    port.postMessage(answer);
  }

  port.on('message', (message: ToHashThread) => {
    const file = files.get(message.id);
    if (message.type === 'follow') files.set(message.id, follow(message, wake));
    // Without a file: it has failed, and the answer is on its way.
    else if (file !== undefined && message.type === 'end') file.ended = true;
    else if (file !== undefined) file.dropped = true;
    wake();
  });
}
