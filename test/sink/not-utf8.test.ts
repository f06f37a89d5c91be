/** A manifest, a record or a lock that is not UTF-8: palhm has not written it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SinkPlan } from '../../src/config/plan/sinks/sinks.js';
import { heldBody } from '../rig/s3/fake/body.js';
import { startFake } from '../rig/s3/fake/fake.js';
import { makeBucket, s3Plan } from '../rig/s3/server.js';
import { makeScratch } from '../rig/scratch.js';
import { localfsPlan, lockNow, makeCopy, prefixAt, sinkOf } from '../rig/sinks.js';

const [FIRST, SECOND] = [prefixAt(0), prefixAt(1)];
const RECORD = {
  format: 1,
  at: '2022-05-01T00:00:00.000Z',
  host: 'h',
  result: 'whole',
  depth: 'stored',
  read: 1,
  of: 1,
  problems: [],
};

/** Makes two copies, and has the bytes of the manifest of the first and the record of the second changed. */
async function listAfter(plan: SinkPlan, change: (name: string) => Promise<void> | void) {
  const sink = await sinkOf(plan);
  const lock = await lockNow(sink);
  await makeCopy(sink, FIRST);
  await makeCopy(sink, SECOND);
  await sink.stored(SECOND).writeRecord('verify', JSON.stringify(RECORD));
  const before = await sink.list();
  assert.equal(before.copies[1]?.records.verify?.host, 'h');
  await change(`${FIRST.name}/.palhm-manifest.json`);
  await change(`${SECOND.name}/.palhm-verify.json`);
  const { copies, strangers } = await (await sinkOf(plan)).list();
  await lock.release();
  assert.deepEqual(
    copies.map(({ prefix, records }) => [prefix.name, records.verify]),
    [[SECOND.name, undefined]],
  );
  assert.deepEqual(
    strangers.map(({ name, why }) => [name, /not UTF-8/.test(why)]),
    [[FIRST.name, true]],
  );
}

/** `host` becomes Latin-1: still good JSON for who puts U+FFFD in its place. */
function spoil(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/("host": ?")h/, '$1\xe4'), 'latin1');
}

test('a lock whose note is not UTF-8 does not say who holds it', async () => {
  const root = join(makeScratch(), 'root');
  const [holder, other] = [await sinkOf(localfsPlan(root)), await sinkOf(localfsPlan(root))];
  const lock = await lockNow(holder);
  const path = join(root, '.palhm-lock');
  const note = readFileSync(path, 'latin1');
  writeFileSync(path, Buffer.from(note.replace('"backup"', '"b\xe4ckup"'), 'latin1'));
  await assert.rejects(lockNow(other), { code: 'LOCKED', message: /does not say by whom$/ });
  await lock.release();
});

test('in a directory', async () => {
  const root = join(makeScratch(), 'root');
  await listAfter(localfsPlan(root), (name) => {
    const path = join(root, name);
    writeFileSync(path, spoil(readFileSync(path)));
  });
});

test('in a bucket', async () => {
  const fake = await startFake();
  const bucket = await makeBucket(fake);
  await listAfter(s3Plan(fake, { bucket, root: 'r' }), (name) => {
    const stored = fake.buckets.get(bucket);
    const object = stored?.get(`r/${name}`);
    assert.ok(object !== undefined);
    stored?.put(`r/${name}`, {
      ...object,
      body: heldBody(spoil(object.body.read(0, object.body.size))),
    });
  });
  await fake.stop();
});
