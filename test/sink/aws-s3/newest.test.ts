/** The newest copy of a root in a bucket is found without reading the others. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { heldBody, zeroBody } from '../../rig/s3/fake/body.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { fillRoot } from '../../rig/s3/fake/many-copies.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { prefixAt, sinkOf } from '../../rig/sinks.js';
import { until } from '../../rig/until.js';

const COPIES = 3000;
const LATER = { newest: { now: prefixAt(COPIES).micros / 1000 } };

describe('the newest copy in a bucket', () => {
  let fake: S3Fake;
  let bucket: string;
  before(async () => {
    fake = await startFake();
  });
  beforeEach(async () => {
    bucket = await makeBucket(fake);
  });
  after(() => fake.stop());

  function put(key: string): void {
    const object = { body: heldBody(Buffer.from('text')), modified: new Date() };
    fake.buckets.get(bucket)?.put(key, { ...object, storageClass: 'STANDARD' });
  }

  it('of thousands takes one manifest, and a page of names for each thousand', async () => {
    const root = fake.buckets.get(bucket);
    assert.ok(root);
    fillRoot(root, 'a/', { copies: COPIES, objects: 3 });
    const sink = await sinkOf(s3Plan(fake, { bucket, root: 'a' }));
    const earlier = fake.calls.length;
    const { copies, strangers } = await sink.list(LATER);
    assert.deepEqual([copies[0]?.prefix, copies.length, strangers], [prefixAt(COPIES - 1), 1, []]);
    const asked = fake.calls.slice(earlier).map(({ operation }) => operation);
    assert.equal(asked.filter((operation) => operation === 'GetObject').length, 1);
    assert.equal(asked.length, COPIES / 1000 + 2);
    const found = await sink.list({ prefix: prefixAt(17).name });
    assert.deepEqual(found.copies[0]?.prefix, prefixAt(17));
    assert.equal(fake.calls.length, earlier + asked.length + 2);
    await sink.close();
  });

  it('is none of an empty name, which is told as a slash', async () => {
    const sink = await sinkOf(s3Plan(fake, { bucket, root: 'a' }));
    for (const key of ['a//one', 'a//two', 'a///three']) put(key);
    const { strangers } = await sink.list();
    assert.deepEqual(strangers, [{ name: '/', why: 'its name is not the prefix of a copy' }]);
    await sink.close();
  });

  it('is listed with all others, of which large manifests are read one after the other', async () => {
    const root = fake.buckets.get(bucket);
    assert.ok(root);
    fillRoot(root, 'a/', { copies: 16, objects: 1 });
    const large = [1, 2, 3].map((index) => `a/${prefixAt(index).name}/.palhm-manifest.json`);
    const modified = new Date();
    for (const key of large)
      root.put(key, { body: zeroBody(5 << 20), modified, storageClass: 'STANDARD' });
    const asked: string[] = [];
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    fake.rules.meet = async ({ operation, key }): Promise<'serve'> => {
      if (operation !== 'GetObject') return 'serve';
      asked.push(key);
      await answered;
      return 'serve';
    };
    const sink = await sinkOf(s3Plan(fake, { bucket, root: 'a' }));
    const listing = sink.list({});
    const countLarge = (): number => asked.filter((key) => large.includes(key)).length;
    // All small ones are asked for together, behind the large ones.
    await until(() => countLarge() > 0 && asked.length - countLarge() >= 13);
    assert.equal(countLarge(), 1);
    answer();
    assert.equal((await listing).strangers.length, 3);
    assert.equal(countLarge(), 3);
    fake.rules.meet = () => 'serve';
    await sink.close();
  });

  it('is none of a name below which there are only keys that end in a slash', async () => {
    const sink = await sinkOf(s3Plan(fake, { bucket, root: 'a' }));
    const { name } = prefixAt(9);
    // As web consoles make them for directories: for the root, too.
    put('a/');
    for (const key of ['', 'deep/', 'deep/er/']) put(`a/${name}/${key}`);
    put(`a/${prefixAt(8).name}/o`);
    put(`a/${prefixAt(8).name}/deep/`);
    for (const request of [{}, LATER]) {
      const { copies, strangers } = await sink.list(request);
      assert.deepEqual(
        copies.map(({ prefix, objects, size }) => [prefix, objects, size]),
        [[prefixAt(8), 1, 4]],
      );
      assert.deepEqual(strangers, [{ name, why: 'has no manifest and no file' }]);
    }
    const pieces = await sink.stored(prefixAt(8)).inventory();
    assert.deepEqual(
      pieces.map(({ path }) => path),
      ['o'],
    );
    await sink.close();
  });

  it('is one of the original PALHM only where there is none with a manifest', async () => {
    const sink = await sinkOf(s3Plan(fake, { bucket, root: 'a' }));
    for (const index of [5, 6]) put(`a/${prefixAt(index).name}/o`);
    put('a/single');
    put(`a/${prefixAt(7).name}/.palhm-open`);
    const [original] = (await sink.list(LATER)).copies;
    assert.deepEqual(
      [original?.prefix, original?.manifest, original?.objects],
      [prefixAt(6), false, 1],
    );
    const root = fake.buckets.get(bucket);
    assert.ok(root);
    fillRoot(root, 'a/', { copies: 2, objects: 1 });
    assert.deepEqual((await sink.list(LATER)).copies[0]?.prefix, prefixAt(1));
    await sink.close();
  });
});
