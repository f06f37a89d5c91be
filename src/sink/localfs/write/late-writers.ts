/**
 * Finds processes that outlive their stage and still hold its object open for writing, such as a daemon that was started
 * without `>/dev/null`. They may write after the object was hashed, even after the commit. As long as they run, the copy is
 * not complete.
 */
import { realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../../failure/failure.js';
import { findWriter, type Writer } from '../../../host/proc.js';

/** A helper process, such as that of `tee >(md5sum)` in bash, may end a moment after its stage. */
const PATIENCE_MS = 3000;
const LOOK_EVERY_MS = 20;

/** Waits a short time until no process can write below the directory. Failure SINK_UNAVAILABLE names one that can. */
export async function waitForWriters(directory: string): Promise<void> {
  const below = `${await realpath(directory)}/`;
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const writer = await findWriter((file) => file.startsWith(below));
    if (writer === undefined) return;
    if (performance.now() > deadline) throw stillOpen(writer, below);
    await delay(LOOK_EVERY_MS);
  }
}

function stillOpen({ pid, command, file }: Writer, below: string): Failure {
  return new Failure({
    code: 'SINK_UNAVAILABLE',
    message:
      `process ${pid} (${command}), left behind by a stage that has ended, still holds ` +
      `the object "${file.slice(below.length)}" open for writing`,
    hint: 'give what a stage leaves in the background another stdout (>/dev/null), or wait for it',
  });
}
