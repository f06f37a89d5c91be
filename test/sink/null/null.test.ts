import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { it } from 'node:test';
import { NO_RECORDS } from '../../../src/copy/records.js';
import { countDescriptors, PIPES_PER_BATCH } from '../../rig/processes.js';
import {
  beginObject,
  lockNow,
  manifestOf,
  prefixAt,
  sinkOf,
  startStage,
  writeObject,
} from '../../rig/sinks.js';
import { until } from '../../rig/until.js';

const sink = await sinkOf({ type: 'null' });

for (const [title, script, size] of [
  ['nothing', ':', 0],
  ['one byte', 'printf x', 1],
  ['a writer that opens /dev/stdout itself', 'seq 1000 > /dev/stdout', 3893],
  ['more than a pipe holds', 'head -c 50000001 /dev/zero', 50_000_001],
] as const) {
  it(`counts and hashes ${title}`, async () => {
    const copy = await sink.open(prefixAt(0), { id: 'null' });
    const { path: _path, ...stored } = await writeObject(copy, 'o', script);
    const [sha256] = execFileSync('bash', ['-c', `${script} | sha256sum`], {
      encoding: 'utf8',
    }).split(' ');
    assert.deepEqual(stored, { size, sha256 });
    await copy.commit(manifestOf(prefixAt(0), []));
  });
}

it('hands out a pipe, not /dev/null: tar reads what it archives', async () => {
  const copy = await sink.open(prefixAt(0), { id: 'null' });
  const writer = await beginObject(copy, 'o');
  assert.match(readlinkSync(`/proc/self/fd/${writer.fd}`), /fifo|pipe|palhm/);
  const [code] = await once(startStage(writer, 'test -p /dev/stdout'), 'close');
  assert.equal(code, 0);
  await writer.finish();
});

it('counts while the bytes arrive, and stops a writer when aborted', {
  timeout: 30_000,
}, async () => {
  const copy = await sink.open(prefixAt(0), { id: 'null' });
  const writer = await beginObject(copy, 'o');
  const ended = once(startStage(writer, 'exec yes'), 'close');
  await until(() => writer.bytes() >= 1_000_000);
  await writer.abort();
  await copy.abort();
  await copy.abort();
  assert.deepEqual(await ended, [null, 'SIGPIPE']);
});

it('keeps no descriptor', async () => {
  const copy = await sink.open(prefixAt(0), { id: 'null' });
  for (let round = 0; round < PIPES_PER_BATCH; round++) await writeObject(copy, 'o', ':');
  const before = await countDescriptors();
  for (let round = 0; round < PIPES_PER_BATCH; round++) await writeObject(copy, 'o', ':');
  assert.equal(await countDescriptors(), before);
});

it('has no copies, no lock and nothing to sweep', async () => {
  const [first, second] = [await lockNow(sink), await lockNow(sink)];
  assert.deepEqual(await sink.list(), { copies: [], strangers: [] });
  assert.deepEqual(await sink.tidy(), []);
  const copy = {
    prefix: prefixAt(0),
    size: 0,
    objects: 0,
    started: 0,
    finished: 0,
    manifest: true,
    records: NO_RECORDS,
  };
  await sink.remove(copy);
  await assert.rejects(sink.stored(copy.prefix).manifest(), { code: 'COPY_NOT_FOUND' });
  await first.release();
  await second.release();
});
