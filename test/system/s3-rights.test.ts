/**
 * The policy of doc/s3.md is enough, and none of it too much: the real program with the real policy on a Ceph gateway.
 * Debian packages: ceph-mon ceph-osd radosgw ceph-common.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Ended, runPalhm, startPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes, SMALL_OBJECTS } from '../rig/site.js';
import { checkSinks } from './connect.js';
import { whyNoLab } from './lab.js';
import { actionsOf, denying, givePolicy, readPolicy, without } from './s3-policy.js';
import { startS3 } from './s3-servers.js';

const ACTIONS = actionsOf(readPolicy('b', 'r'));

describe('aws-s3 with the smallest policy', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('rgw');
  });
  beforeEach(async () => {
    bucket = await makeBucket(server);
    site = makeS3Site({ ...server, ...server.other }, bucket);
  });
  after(() => server.stop());

  const palhm = (...args: string[]): Promise<Ended> => runPalhm(['-f', site.config, ...args]);

  it('makes, lists, rotates and sweeps copies', async () => {
    await givePolicy(server, bucket, readPolicy(bucket, ROOT));
    const param = { 'part-size': '5 MiB', 'nb-copy-limit': 2, 'rot-storage-class': 'GLACIER' };
    site.write({ objects: [{ path: 'endless', stages: ['exec cat /dev/urandom'] }], param });
    const killed = startPalhm(['-f', site.config, 'run', 'backup']);
    while ((await uploadsIn(server, bucket)).length === 0);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const large = ['head -c 12000000 /dev/urandom'];
    site.write({ objects: [{ path: 'large', stages: large }], param });
    for (let round = 1; round <= 3; round++) {
      const { code, stderr } = await palhm('run', 'backup');
      assert.equal(code, 0, stderr);
      assert.equal(/unfinished copy/.test(stderr), round === 1, stderr);
      assert.equal((await listPrefixes(site.config)).length, Math.min(round, 2));
    }
    site.write({ objects: [{ path: 'large', stages: large }], param: { 'nb-copy-limit': 1 } });
    const { code, stderr } = await palhm('rotate', 'backup');
    assert.equal(code, 0, stderr);
    assert.equal((await listPrefixes(site.config)).length, 1);
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
    assert.deepEqual(await uploadsIn(server, bucket), []);
  });

  it('lacks nothing that --connect looks for, and says what it cannot look at', async () => {
    await givePolicy(server, bucket, readPolicy(bucket, ROOT));
    site.write({ objects: SMALL_OBJECTS, param: { 'rot-storage-class': 'GLACIER' } });
    const { code, checks } = await checkSinks(site.config);
    assert.equal(code, 0);
    const notes = checks.filter(({ state }) => state === 'note');
    assert.deepEqual(
      notes.map(({ right }) => right),
      [
        's3:GetBucketVersioning',
        's3:GetLifecycleConfiguration',
        's3:GetBucketObjectLockConfiguration',
      ],
    );
    assert.ok(notes.every(({ detail }) => detail.includes('which no backup needs')));
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
  });

  for (const action of ACTIONS) {
    it(`needs ${action}: --connect misses it, and it alone`, async () => {
      const rest = without(readPolicy(bucket, ROOT), action);
      const isWritersOwn = action === 's3:GetObject';
      await givePolicy(
        server,
        bucket,
        isWritersOwn ? denying(readPolicy(bucket, ROOT), action) : rest,
      );
      site.write({ objects: SMALL_OBJECTS });
      const { code, checks } = await checkSinks(site.config);
      assert.equal(code, 1);
      const missing = checks.filter(({ state }) => state === 'missing');
      assert.deepEqual([...new Set(missing.map(({ right }) => right))], [action]);
      for (const { hint } of missing) assert.ok(hint?.startsWith(`give this key ${action} on arn`));
      assert.deepEqual(await uploadsIn(server, bucket), []);
      const keys = await keysBelow(server, bucket, '');
      const stays = checks.filter(({ name }) => name === 'tidy up');
      assert.equal(keys.length, action === 's3:DeleteObject' ? 1 : 0);
      assert.equal(stays.length, keys.length);
      for (const { detail } of stays) assert.ok(detail.includes(keys[0] ?? '?'), detail);
    });
  }
});
