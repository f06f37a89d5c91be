/**
 * The thread through which bytes go. It reads pipes to their end and files at rest, hashes each block while it is in the
 * cache of the processor, and puts it where it belongs. Its writes are synchronous: they block this thread alone, and take
 * no place in the thread pool that the main thread needs.
 */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { digestFile } from './digest-file.js';
import { type FromThread, monotonicMs, packError, type ToThread } from './protocol.js';
import { takePipe } from './take-pipe.js';
import type { Tell, ThreadJob } from './thread-job.js';

if (parentPort !== null) serve(parentPort);

function serve(port: MessagePort): void {
  const jobs = new Map<number, ThreadJob>();
  const post = (message: FromThread): void => port.postMessage(message);

  function tellFrom(id: number): Tell {
    return {
      chunk: (bytes) => port.postMessage({ type: 'chunk', id, bytes }, [bytes.buffer]),
      taken: (taken) => post({ type: 'taken', id, taken }),
      failed: (error) => fail(id, error),
    };
  }

  function fail(id: number, error: unknown): void {
    // A job that has ended already may still be told of an error, such as of the sync of a file that is not wanted.
    if (!jobs.has(id)) return;
    post({ type: 'failed', id, error: packError(error), atMs: monotonicMs() });
    void end(id);
  }

  async function end(id: number): Promise<void> {
    const job = jobs.get(id);
    if (job === undefined) return;
    jobs.delete(id);
    // What cannot be closed is not wanted: a file that is wanted was closed by `seal`.
    await job.close().catch(() => undefined);
    post({ type: 'done', id });
  }

  port.on('message', (message: ToThread) => {
    const { type, id } = message;
    if (type === 'take') jobs.set(id, takePipe(message, tellFrom(id)));
    else if (type === 'digest') jobs.set(id, digestFile(message, tellFrom(id)));
    // Without a job it has ended by itself, and `done` is on its way.
    const job = jobs.get(id);
    if (job === undefined) return;
    if (type === 'more') job.more();
    else if (type === 'spare') job.spare(message.bytes);
    else if (type === 'drop') void end(id);
    else if (type === 'seal')
      job.seal().then(
        () => end(id),
        (error: unknown) => fail(id, error),
      );
  });
}
