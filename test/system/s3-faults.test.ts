/** Backups through a proxy that breaks requests. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Manifest } from '../../src/copy/manifest.js';
import { runPalhm } from '../rig/palhm.js';
import { remainsOf, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { type Fault, startFaultyProxy } from './faulty-proxy.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const OBJECTS = [
  { path: 'large', stages: ['head -c 40000000 /dev/urandom', 'cat'] },
  { path: 'small', stages: ['echo small'] },
];
const BACKUPS = 10;
const KEPT = 5;

describe('aws-s3 on a bad night', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  before(async () => {
    server = await startS3('rgw');
  });
  after(() => server.stop());

  it(`${BACKUPS} backups through 500, 503, cut connections and lost answers end whole or not at all`, async (context) => {
    const faults: readonly Fault[] = ['500', '503', 'cut', 'lose'];
    const proxy = await startFaultyProxy(server.endpoint, () =>
      Math.random() < 0.2 ? (faults[randomInt(faults.length)] ?? 'none') : 'none',
    );
    const bucket = await makeBucket(server);
    const site = makeS3Site({ ...server, endpoint: proxy.endpoint }, bucket);
    site.write({ objects: OBJECTS, param: { 'part-size': '5 MiB', 'nb-copy-limit': KEPT } });
    let ended = 0;
    for (let round = 1; round <= BACKUPS; round++) {
      const { code } = await runPalhm(['-f', site.config, 'run', 'backup']);
      assert.ok(code === 0 || code === 1 || code === 3, `${code}`);
      if (code !== 1) ended += 1;
      assert.equal((await listPrefixes(site.config)).length, Math.min(ended, KEPT));
      assert.deepEqual(await remainsOf(server, bucket, ROOT), [], `round ${round}`);
    }
    for (const prefix of await listPrefixes(site.config)) await checkWhole(bucket, prefix);
    assert.deepEqual(await uploadsIn(server, bucket), []);
    context.diagnostic(`${ended} of ${BACKUPS} ended well; faults: ${JSON.stringify(proxy.done)}`);
    assert.ok(ended > BACKUPS / 2);
    assert.ok(faults.every((fault) => proxy.done[fault] > 0));
    site.remove();
    await proxy.close();
  });

  it('sends a part again whose connection has stalled', { timeout: 120_000 }, async () => {
    let stalls = 0;
    const proxy = await startFaultyProxy(server.endpoint, ({ size }) => {
      if (size < 5_000_000 || stalls > 0) return 'none';
      stalls += 1;
      return 'stall';
    });
    const bucket = await makeBucket(server);
    const site = makeS3Site({ ...server, endpoint: proxy.endpoint }, bucket);
    site.write({ objects: OBJECTS, param: { 'part-size': '5 MiB' } });
    const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
    assert.equal(code, 0, stderr);
    assert.equal(proxy.done.stall, 1);
    const [prefix = ''] = await listPrefixes(site.config);
    await checkWhole(bucket, prefix);
    site.remove();
    await proxy.close();
  });

  async function checkWhole(bucket: string, prefix: string): Promise<void> {
    const base = `${ROOT}/${prefix}/`;
    const text = await readObject(server, bucket, `${base}.palhm-manifest.json`);
    const { objects } = JSON.parse(text.toString()) as Manifest;
    assert.equal(objects.length, OBJECTS.length);
    for (const { path, sha256 } of objects) {
      const bytes = await readObject(server, bucket, base + path);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256, path);
    }
  }
});
