/** A service in a container of the lab: it writes records (records.ts), each durable before the next one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Lxd } from './lxd-lab.js';
import { RECORD_FILES, recordOf } from './records.js';

export interface Service {
  /** The number of the last whole record. */
  readonly written: () => number;
  stop(): Promise<void>;
}

/** Lines come in turn: the name of a file, and what is written into it. */
const SCRIPT = `while read -r file && IFS= read -r text; do
  printf '%s\\n' "$text" | dd of="/data/$file" oflag=append conv=notrunc,fsync 2>/dev/null && echo done
done`;

export async function startService(lxd: Lxd, instance: string): Promise<Service> {
  const child = spawn(lxd.client, ['exec', instance, '--', 'sh', '-c', SCRIPT], {
    env: lxd.environment,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let written = 0;
  const over = new AbortController();
  const write = async (): Promise<void> => {
    for (const file of RECORD_FILES) {
      child.stdin.write(`${file}\n${recordOf(file, written + 1)}`);
      if ((await answers.next()).done === true) throw new Error('the service has ended');
    }
    written += 1;
  };
  await write();
  const writing = (async () => {
    while (!over.signal.aborted) await write();
  })();
  return {
    written: () => written,
    async stop() {
      over.abort();
      await writing;
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
