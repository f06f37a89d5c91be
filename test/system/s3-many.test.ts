/** A root of many pages on a real server. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { renderManifest } from '../../src/wire/manifest.js';
import { runPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf } from '../rig/s3/bucket.js';
import { makeBucket, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { manifestOf, prefixAt } from '../rig/sinks.js';
import { listPrefixes } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const COPIES = 1500;
const ROTATED = 40;
const AT_ONCE = 32;

describe(`aws-s3 with ${COPIES} copies`, { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('rgw');
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
    const limit = pLimit(AT_ONCE);
    const copies = Array.from({ length: COPIES }, (_, index) => limit(() => makeCopy(ROOT, index)));
    const siblings = Array.from({ length: 5 }, (_, index) => makeCopy(`${ROOT}b`, index));
    await Promise.all([...copies, ...siblings]);
  });
  after(async () => {
    site.remove();
    await server.stop();
  });

  async function makeCopy(root: string, index: number): Promise<void> {
    const prefix = prefixAt(index);
    const manifest = renderManifest(
      manifestOf(prefix, [{ path: 'o', size: 1, sha256: '0'.repeat(64) }]),
    );
    for (const [name, Body] of [
      ['o', 'x'],
      ['.palhm-manifest.json', manifest],
    ] as const) {
      const Key = `${root}/${prefix.name}/${name}`;
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    }
  }

  it('lists them all, and rotates the oldest of them, and nothing of a root of a similar name', async () => {
    const siblings = await keysBelow(server, bucket, `${ROOT}b/`);
    assert.equal(siblings.length, 10);
    const param = { 'nb-copy-limit': COPIES + 1 - ROTATED };
    site.write({ objects: [{ path: 'o', stages: ['echo 1'] }], param });
    const earlier = await listPrefixes(site.config);
    assert.deepEqual(
      earlier,
      Array.from({ length: COPIES }, (_, index) => prefixAt(index).name),
    );
    const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
    assert.equal(code, 0, stderr);
    const now = await listPrefixes(site.config);
    assert.equal(now.length, COPIES + 1 - ROTATED);
    assert.deepEqual(now.slice(0, -1), earlier.slice(ROTATED));
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
    assert.deepEqual(await keysBelow(server, bucket, `${ROOT}b/`), siblings);
  });
});
