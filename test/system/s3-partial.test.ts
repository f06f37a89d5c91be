/** The real program on a store that lacks much. Debian packages: swift swift-proxy swift-account swift-container swift-object. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { withLyingProxy } from './lying-proxy.js';
import { startS3 } from './s3-servers.js';

describe('aws-s3 on a partial store', { skip: whyNoLab('swift-s3-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('swift-s3');
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
  });
  after(async () => {
    site.remove();
    await server.stop();
  });

  it('stores, rotates, and says once a run that two hosts are not kept apart', async () => {
    site.write({
      objects: [{ path: 'large +', stages: ['head -c 12000000 /dev/urandom', 'cat'] }],
      param: { 'part-size': '5 MiB', 'nb-copy-limit': 2 },
    });
    for (let round = 0; round < 3; round++) {
      const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
      assert.equal(code, 0, stderr);
      assert.equal(stderr.match(/has no conditional put/g)?.length, 1);
    }
    assert.equal((await listPrefixes(site.config)).length, 2);
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
    assert.deepEqual(await uploadsIn(server, bucket), []);
  });

  it('says that a storage class is not to be had, and keeps the copy', async () => {
    site.write({
      objects: [{ path: 'a', stages: ['echo 1'] }],
      param: { 'rot-storage-class': 'GLACIER' },
    });
    const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
    assert.equal(code, 3, stderr);
    assert.match(stderr, /SETTLE_FAILED/);
    assert.match(stderr, /GLACIER/);
    assert.equal((await listPrefixes(site.config)).length, 3);
  });

  for (const [key, value, expected] of [
    ['server-side-encryption', 'AES256', /Server-side encryption is not supported/],
    ['tags', { team: 'db' }, /Object tagging is not supported/],
    ['object-lock', { mode: 'governance', 'retain-for': '1d' }, /STORE_LACKS/],
  ] as const) {
    it(`has no ${key}: says so before anything is dumped, and writes over nothing`, async () => {
      const root = `lacks/${key}`;
      const witness = join(site.directory, key);
      site.write({
        objects: [{ path: 'a', stages: [`touch '${witness}'`] }],
        param: { root, [key]: value },
      });
      const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
      assert.equal(code, 1, stderr);
      assert.match(stderr, expected);
      assert.match(stderr, new RegExp(key));
      assert.ok(!existsSync(witness));
      assert.deepEqual(await keysBelow(server, bucket, `${root}/`), []);
    });
  }

  it('makes no copy when the bucket says it has object lock and the store writes over what is locked', async () => {
    const enabled = '<ObjectLockEnabled>Enabled</ObjectLockEnabled>';
    const body = `<ObjectLockConfiguration>${enabled}</ObjectLockConfiguration>`;
    const root = 'liar';
    await withLyingProxy(
      server,
      ({ url }) => (url?.includes('?object-lock') === true ? { status: 200, body } : undefined),
      async (endpoint) => {
        const lock = { mode: 'governance', 'retain-for': '1d' };
        const objects = [{ path: 'a', stages: ['echo 1'] }];
        site.write({ objects, param: { endpoint, root, 'object-lock': lock } });
        const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
        assert.equal(code, 1, stderr);
        assert.match(stderr, /STORE_LACKS/);
        assert.match(stderr, /It wrote over the object instead/);
        assert.match(stderr, /rolled back/);
      },
    );
    assert.deepEqual(await keysBelow(server, bucket, `${root}/`), []);
  });

  it('is held to the bandwidth as well', async () => {
    site.write({
      objects: [{ path: 'a', stages: ['head -c 6000000 /dev/zero'] }],
      param: { root: 'slow', bandwidth: '2 MiB/s', 'part-size': '5 MiB' },
    });
    const started = performance.now();
    const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
    assert.equal(code, 0, stderr);
    assert.ok(performance.now() - started > 2800);
  });
});
