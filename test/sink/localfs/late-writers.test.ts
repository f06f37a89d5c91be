/** What a stage leaves behind and still writes is never part of a copy that counts. */
import assert from 'node:assert/strict';
import { appendFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import type { OpenCopy, Sink } from '../../../src/sink/sink.js';
import { processesWith } from '../../rig/processes.js';
import { makeScratch } from '../../rig/scratch.js';
import {
  localfsPlan,
  lockNow,
  manifestOf,
  prefixAt,
  sinkOf,
  writeObject,
} from '../../rig/sinks.js';

/** In the environment of the stages: what outlives a test is found by it. */
process.env['PALHM_TEST_LATE'] = `late-${process.pid}`;
const endLate = (): void => {
  for (const pid of processesWith(`PALHM_TEST_LATE=late-${process.pid}`))
    process.kill(pid, 'SIGKILL');
};
let root = '';
let sink: Sink;
let copy: OpenCopy;
beforeEach(async () => {
  root = makeScratch();
  sink = await sinkOf(localfsPlan(root));
  await lockNow(sink);
  copy = await sink.open(prefixAt(0), { id: 'late' });
});
afterEach(async () => {
  endLate();
  await rm(root, { recursive: true });
});

for (const [what, script] of [
  ['in its group', 'echo x; sleep 600 &'],
  ['in a session of its own', 'echo x; setsid sleep 600 &'],
] as const) {
  it(`a process left ${what} that holds the file open fails the commit`, async () => {
    const object = await writeObject(copy, 'deep/o', script);
    await assert.rejects(copy.commit(manifestOf(prefixAt(0), [object])), {
      code: 'SINK_UNAVAILABLE',
      message: /^process \d+ \(sleep\), left behind .* the object "deep\/o" open for writing$/,
    });
    await copy.abort();
    assert.deepEqual(await readdir(root), ['.palhm-lock']);
  });
}

it('one that has let go of it, or only reads it, does no harm', async () => {
  const object = await writeObject(
    copy,
    'o',
    'echo x; sleep 600 >/dev/null & sleep 600 1</dev/fd/1 &',
  );
  await copy.commit(manifestOf(prefixAt(0), [object]));
  assert.equal((await sink.list()).copies.length, 1);
});

it('what wrote on between the end of its object and the commit is noticed', async () => {
  const writer = await copy.create({ path: 'o', allocSize: undefined, expectedSize: undefined });
  const stored = await writer.finish();
  await appendFile(join(root, '.palhm-partial.late', 'o'), 'more');
  await assert.rejects(copy.commit(manifestOf(prefixAt(0), [{ path: 'o', ...stored }])), {
    message: /"o" changed after its last stage had ended: 0 B \(0\) were hashed, .* \(4\)/,
  });
  await copy.abort();
});

it('null does not wait for ever for the end of a pipe that a daemon holds', async () => {
  const nowhere = await (await sinkOf({ type: 'null' })).open(prefixAt(0), { id: 'null' });
  await assert.rejects(writeObject(nowhere, 'o', 'echo x; sleep 600 &'), {
    message: /still holds its stdout$/,
  });
});
