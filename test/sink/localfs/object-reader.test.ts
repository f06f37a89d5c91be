/** What a reader has opened is closed also when no thread can be started to hash with. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import type { Threads } from '../../../src/host/threads/threads.js';
import { digestFile, readFile } from '../../../src/sink/localfs/read/object-reader.js';
import { countDescriptors } from '../../rig/processes.js';

const directory = mkdtempSync(join(tmpdir(), 'palhm-reader-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'o'), 'text');

/** As they are where the limit of processes is reached (root has none to reach). */
const threads: Threads = {
  begin() {
    throw new Failure({ code: 'SINK_UNAVAILABLE', message: 'no thread could be started' });
  },
  close: async () => undefined,
};
const file = { directory, path: 'o', threads };

for (const [title, use] of [
  ['a file for a stage', () => readFile(file)],
  ['a file to be hashed', () => digestFile(file, { signal: new AbortController().signal })],
] as const) {
  test(title, async () => {
    const before = await countDescriptors();
    await assert.rejects(use(), { code: 'SINK_UNAVAILABLE' });
    assert.equal(await countDescriptors(), before);
  });
}
