/** Limits and habits of stores that no server of the lab has. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { changeClassBelow } from '../../../src/sink/aws-s3/write/storage-class.js';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import { zeroBody } from '../../rig/s3/fake/body.js';
import { makeBucket } from '../../rig/s3/server.js';
import { ROOT } from '../../rig/s3/site.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';
import { openStore } from '../../rig/s3/store.js';
import { listPrefixes } from '../../rig/site.js';

const GIBIBYTE = 1024 ** 3;
const LARGE = { path: 'large', stages: ['head -c 6000000 /dev/urandom', 'cat'] };

describe('a store', () => {
  let stand: S3Stand;
  beforeEach(async () => {
    stand = await openS3Stand();
  });
  afterEach(() => stand.close());

  async function mustRun(): Promise<string> {
    const { code, stderr } = await stand.run();
    assert.equal(code, 0, stderr);
    return stderr;
  }

  it('that copies at most 5 GiB at once: the storage class is changed in parts', async () => {
    const { fake } = stand;
    const name = await makeBucket(fake);
    const bucket = fake.buckets.get(name);
    const modified = new Date();
    const sizes = { small: 5 * GIBIBYTE, large: 5 * GIBIBYTE + 1, 'odd +:&=%ü日': 12 * GIBIBYTE };
    for (const [key, size] of Object.entries(sizes))
      bucket?.put(`a/${key}`, { body: zeroBody(size), modified, storageClass: 'STANDARD' });
    const store = await openStore(fake, { bucket: name, root: 'a' });
    await changeClassBelow({ store, storageClass: 'GLACIER', copyLimit: 5 * GIBIBYTE }, 'a/');
    for (const [key, size] of Object.entries(sizes)) {
      assert.equal(bucket?.get(`a/${key}`)?.storageClass, 'GLACIER', key);
      assert.equal(bucket.get(`a/${key}`)?.body.size, size, key);
    }
    assert.deepEqual([stand.count('CopyObject'), stand.count('UploadPartCopy')], [1, 5]);
    assert.equal(bucket?.uploads.size, 0);
  });

  it('that takes few parts: an object goes on in volumes', async () => {
    stand.fake.rules.maxParts = 3;
    const objects = [{ path: 'large', stages: ['head -c 40000000 /dev/urandom'] }];
    stand.site.write({ objects, param: { 'part-size': '5 MiB', 'max-parts': 3 } });
    await mustRun();
    await stand.assertWhole(1);
    assert.equal(stand.count('CompleteMultipartUpload'), 3);
  });

  it('that takes fewer parts than "max-parts" says: the object fails, and nothing is left', async () => {
    stand.fake.rules.maxParts = 3;
    const objects = [{ path: 'large', stages: ['head -c 20000000 /dev/urandom'] }];
    stand.site.write({ objects, param: { 'part-size': '5 MiB' } });
    const { code, stderr } = await stand.run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /max-parts/);
    await stand.assertWhole(0);
  });

  it('that does not say the tag of what it completed', async () => {
    stand.fake.rules.completeSaysTag = false;
    stand.site.write({ objects: [LARGE], param: { 'part-size': '5 MiB' } });
    await mustRun();
    await stand.assertWhole(1);
  });

  for (const conditions of ['ignored', 'refused'] as const) {
    it(`in which conditions are ${conditions}: works, and says what it lacks`, async () => {
      stand.fake.rules.conditions = conditions;
      stand.site.write({ objects: [LARGE], param: { 'nb-copy-limit': 1 } });
      for (let round = 0; round < 2; round++) assert.match(await mustRun(), /no conditional put/);
      await stand.assertWhole(1);
    });
  }

  it('that cannot remove one of many: said with its key, exit 3, tried again by the next run', async () => {
    const two = [
      { path: 'a', stages: ['echo 1'] },
      { path: 'locked', stages: ['echo 2'] },
    ];
    stand.site.write({ objects: two, param: { 'nb-copy-limit': 1 } });
    await mustRun();
    stand.fake.rules.deleteFaults = (key) => (key.endsWith('/locked') ? 'AccessDenied' : undefined);
    const { code, stderr } = await stand.run();
    assert.equal(code, 3, stderr);
    assert.match(stderr, /\/locked: AccessDenied/);
    assert.match(stderr, /refused 1 of them/);
    assert.equal(
      (await listPrefixes(stand.site.config)).length,
      1,
      'what is half removed is no copy',
    );
    stand.fake.rules.deleteFaults = () => undefined;
    await mustRun();
    await stand.assertWhole(1);
  });

  it('that asks for less haste now and then', async () => {
    stand.site.write({ objects: [LARGE], param: { 'part-size': '5 MiB', 'nb-copy-limit': 1 } });
    stand.fake.rules.meet = (_, number) =>
      number % 10 < 2 ? errorAnswer(503, 'SlowDown') : 'serve';
    await mustRun();
    await stand.assertWhole(1);
  });

  it('whose listings lag behind: nothing half is listed, and nothing is lost', async () => {
    stand.site.write({ objects: [LARGE], param: { 'nb-copy-limit': 1 } });
    await mustRun();
    const bucket = stand.fake.buckets.get(stand.bucket);
    bucket?.lagBehind();
    const { code, stderr } = await stand.run();
    assert.equal(code, 3, stderr);
    assert.match(stderr, /COPY_NOT_LISTED/);
    assert.equal((await listPrefixes(stand.site.config)).length, 1, 'the new copy is not seen yet');
    bucket?.catchUp();
    assert.equal((await listPrefixes(stand.site.config)).length, 2);
    await mustRun();
    await stand.assertWhole(1);
  });

  it('with uploads of others below the root: they are left alone', async () => {
    const bucket = stand.fake.buckets.get(stand.bucket);
    const key = `${ROOT}/2022-05-01T00:00:00+00:00/o`;
    bucket?.uploads.set('x', { id: 'x', key, storageClass: 'STANDARD', parts: new Map() });
    stand.site.write({ objects: [LARGE] });
    await mustRun();
    assert.deepEqual([...(bucket?.uploads.keys() ?? [])], ['x']);
  });
});
