/** The real program on a store that lacks much. Debian packages: swift swift-proxy swift-account swift-container swift-object. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listPrefixes, runPalhm } from '../rig/cli.js';
import { whyNoLab } from './lab.js';
import { remainsOf, uploadsIn } from './s3-bucket.js';
import { makeBucket, type S3Server, startS3 } from './s3-server.js';
import { makeS3Site, ROOT, type S3Site } from './s3-site.js';

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
});
