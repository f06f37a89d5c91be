/** Where palhm keeps small objects, others may have put large ones. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readText } from '../../../src/sink/aws-s3/bucket/texts.js';
import type { Sink } from '../../../src/sink/sink.js';
import { zeroBody } from '../../rig/s3/fake/body.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { openStore } from '../../rig/s3/store.js';
import { lockNow, makeCopy, prefixAt, sinkOf } from '../../rig/sinks.js';

const GIBIBYTE = 1024 ** 3;
const ZEROS = 100 * 1024;

describe('an object that is too large to be one of palhm', () => {
  let fake: S3Fake;
  let bucket: string;
  let sink: Sink;
  before(async () => {
    fake = await startFake();
    bucket = await makeBucket(fake);
    sink = await sinkOf(s3Plan(fake, { bucket, root: 'a' }));
    const lock = await lockNow(sink);
    for (const index of [1, 2]) await makeCopy(sink, prefixAt(index));
    await lock.release();
  });
  after(async () => {
    await sink.close();
    await fake.stop();
  });

  function put(key: string, size: number): void {
    const object = { body: zeroBody(size), modified: new Date(), storageClass: 'STANDARD' };
    fake.buckets.get(bucket)?.put(`a/${key}`, object);
  }

  it('makes its copy a damaged stranger where its manifest should be', async () => {
    const { name } = prefixAt(2);
    // An answer that says 50 GiB and never comes to its end.
    fake.rules.meet = ({ operation, key }) => {
      if (operation !== 'GetObject' || !key.endsWith(`${name}/.palhm-manifest.json`))
        return 'serve';
      const headers = { 'content-length': String(50 * GIBIBYTE) };
      return { status: 200, headers, body: Buffer.alloc(ZEROS) };
    };
    const { copies, strangers } = await sink.list();
    assert.deepEqual(
      copies.map(({ prefix }) => prefix),
      [prefixAt(1)],
    );
    assert.deepEqual(
      strangers.map((stranger) => [stranger.name, stranger.damaged]),
      [[name, true]],
    );
    assert.match(strangers[0]?.why ?? '', /has 50\.0 GiB: that is no manifest/);
    const stored = sink.stored(prefixAt(2));
    await assert.rejects(stored.manifest(), { code: 'MANIFEST_INVALID' });
    await stored.close();
    fake.rules.meet = () => 'serve';
  });

  it('is read no further than it matters', async () => {
    put('some', ZEROS);
    const store = await openStore(fake, { bucket, root: 'a' });
    const stored = await readText(store, 'a/some');
    assert.deepEqual([stored?.text.length, stored?.size], [64 * 1024, ZEROS]);
    assert.equal((await readText(store, 'a/some', ZEROS))?.text.length, ZEROS);
    store.close();
  });

  it('as a record is none, and as a marker does not keep the root from being tidied', async () => {
    put(`${prefixAt(1).name}/.palhm-verify.json`, 17 * 1024 ** 2);
    assert.deepEqual((await sink.list()).copies[0]?.records.verify, undefined);
    put(`${prefixAt(3).name}/.palhm-open`, ZEROS);
    assert.equal((await sink.tidy()).length, 1);
  });
});
