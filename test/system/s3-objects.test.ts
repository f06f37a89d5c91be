/** What objects are given beside their bytes, on a real Ceph gateway. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { type Ended, runPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { startCeph } from './ceph.js';
import { whyNoLab } from './lab.js';

const MEBIBYTE = 2 ** 20;
const OBJECTS = [
  { path: 'small', stages: ['echo 1'] },
  { path: 'large', stages: [`head -c ${12 * MEBIBYTE} /dev/urandom`] },
];

describe('aws-s3, what objects carry', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startCeph();
  });
  beforeEach(async () => {
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
  });
  after(() => server.stop());

  const run = (): Promise<Ended> => runPalhm(['-f', site.config, 'run', 'backup']);

  async function tagsOf(key: string): Promise<readonly string[]> {
    const request = new GetObjectTaggingCommand({ Bucket: bucket, Key: key });
    const { TagSet } = await server.client.send(request);
    return (TagSet ?? []).map(({ Key, Value }) => `${Key}=${Value}`).toSorted();
  }

  it('has every object encrypted with the key of the key service, the manifest too', async () => {
    const param = {
      'server-side-encryption': 'aws:kms',
      'kms-key-id': 'k1',
      'part-size': '5 MiB',
      'max-parts': 2,
    };
    site.write({ objects: OBJECTS, param });
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    const keys = await keysBelow(server, bucket, '');
    assert.equal(keys.length, 4, 'a manifest, an object, and one of two volumes');
    for (const Key of keys) {
      const head = await server.client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
      assert.equal(head.ServerSideEncryption, 'aws:kms', Key);
      assert.equal(head.SSEKMSKeyId, 'k1', Key);
    }
    const [prefix = ''] = await listPrefixes(site.config);
    assert.equal((await readObject(server, bucket, `${ROOT}/${prefix}/small`)).toString(), '1\n');
  });

  it('says that the key is not to be had', async () => {
    const param = { 'server-side-encryption': 'aws:kms', 'kms-key-id': 'k2' };
    site.write({ objects: OBJECTS, param });
    const { code, stderr } = await run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /Failed to retrieve the actual key, kms-keyid: k2/);
    assert.match(stderr, /"kms-key-id"/);
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
  });

  it('makes no copy on a store that takes the wish for encryption and does nothing', async () => {
    site.write({ objects: OBJECTS, param: { 'server-side-encryption': 'AES256' } });
    const { code, stderr } = await run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /STORE_LACKS/);
    assert.match(stderr, /does not encrypt/);
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
    assert.deepEqual(await uploadsIn(server, bucket), []);
  });

  it('tags every object, those that are sent in parts or moved too', async () => {
    const param = {
      tags: { 'cost center': 'back+up & co'.replace('&', '/'), ünit: '' },
      'part-size': '5 MiB',
      'rot-storage-class': 'GLACIER',
    };
    site.write({ objects: OBJECTS, param });
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    const keys = await keysBelow(server, bucket, '');
    assert.equal(keys.length, 3);
    for (const key of keys) {
      assert.deepEqual(await tagsOf(key), ['cost center=back+up / co', 'ünit='], key);
    }
  });

  it('holds all uploads together to the bandwidth', async () => {
    const objects = ['a', 'b'].map((path) => ({
      path,
      stages: [`head -c ${5 * MEBIBYTE + 17} /dev/urandom`],
    }));
    site.write({ objects, param: { bandwidth: '2 MiB/s', 'part-size': '5 MiB' } });
    const started = performance.now();
    const { code, stderr } = await run();
    const seconds = (performance.now() - started) / 1000;
    assert.equal(code, 0, stderr);
    // The start of the program, its lock and its listings take time of their own.
    assert.ok(seconds > 4.8, `${seconds} s for 10 MiB`);
    assert.ok(seconds < 10, `${seconds} s for 10 MiB`);
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
    const [prefix = ''] = await listPrefixes(site.config);
    for (const { path } of objects) {
      const stored = await readObject(server, bucket, `${ROOT}/${prefix}/${path}`);
      assert.equal(stored.length, 5 * MEBIBYTE + 17);
    }
  });
});
