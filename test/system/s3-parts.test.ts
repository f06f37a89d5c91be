/** Parts of the aws-s3 backend that a run shows too seldom. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Store } from '../../src/sink/aws-s3/bucket/store.js';
import { connect } from '../../src/sink/aws-s3/client/client.js';
import { takeBucketLock } from '../../src/sink/aws-s3/lock/bucket-lock.js';
import { changeClassBelow } from '../../src/sink/aws-s3/write/storage-class.js';
import { keysBelow, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server, s3Plan } from '../rig/s3/server.js';
import { contextOf, lockNow, manifestOf, prefixAt, sinkOf, writeObject } from '../rig/sinks.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const ROOT = 'a';
const EXPIRY_MS = 4000;

describe('aws-s3, its parts', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  before(async () => {
    server = await startS3('rgw');
  });
  beforeEach(async () => {
    bucket = await makeBucket(server);
  });
  after(() => server.stop());

  async function openStore(): Promise<Store> {
    const connection = await connect(s3Plan(server, { bucket, root: ROOT }), contextOf());
    return { ...connection, bucket, base: `${ROOT}/`, location: `s3://${bucket}/${ROOT}` };
  }

  const request = {
    task: 'backup',
    waitMs: 0,
    onWait: () => undefined,
    signal: new AbortController().signal,
  };

  it('changes the storage class in parts where one request cannot', async () => {
    const bytes = randomBytes(12_000_001);
    const Key = `${ROOT}/odd +:&=ü日 name`;
    await server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes }));
    const copyLimit = 5 * 2 ** 20;
    const store = await openStore();
    await changeClassBelow({ store, storageClass: 'GLACIER', copyLimit }, store.base);
    const head = await server.client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    assert.equal(head.StorageClass, 'GLACIER');
    assert.match(head.ETag ?? '', /-3"?$/, 'in three parts');
    assert.ok((await readObject(server, bucket, Key)).equals(bytes));
    assert.deepEqual(await uploadsIn(server, bucket), []);
  });

  it('grows the parts with the volumes of an object of unknown size', async () => {
    const size = 120_000_000;
    const sink = await sinkOf(s3Plan(server, { bucket, root: ROOT, maxParts: 2 }));
    const lock = await lockNow(sink);
    const copy = await sink.open(prefixAt(0), { id: 'run' });
    const object = await writeObject(copy, 'o', `head -c ${size} /dev/urandom`);
    await copy.commit(manifestOf(prefixAt(0), [object]));
    assert.deepEqual(object.volumes, ['o', 'o.palhm-volume-2']);
    const { signal } = new AbortController();
    const stored = sink.stored(prefixAt(0));
    const digest = await stored.digest(object.volumes ?? [], { signal });
    assert.deepEqual(digest, { size, sha256: object.sha256 });
    const [first, second] = await stored.inventory();
    assert.equal(first?.size, 2 * 16 * 2 ** 20);
    assert.equal(second?.size, size - 2 * 16 * 2 ** 20);
    await stored.close();
    await lock.release();
  });

  it('respects the lock of another host, and takes it when it is released', async () => {
    const first = await takeBucketLock(await openStore(), { hostLock: 'host one' }, request);
    assert.equal(first.isArbitrated, true);
    const store = await openStore();
    await assert.rejects(takeBucketLock(store, { hostLock: 'host two' }, request), {
      code: 'LOCKED',
    });
    const holders: string[] = [];
    const second = await takeBucketLock(
      store,
      { hostLock: 'host two' },
      {
        ...request,
        waitMs: 60_000,
        onWait: (holder) => {
          holders.push(holder);
          void first.release();
        },
      },
    );
    assert.equal(holders.length, 1);
    await second.release();
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
  });

  it('gives a lock whose holder shows no sign of life to exactly one of many', async () => {
    await takeBucketLock(await openStore(), { hostLock: 'dead host' }, request);
    const stores = await Promise.all(Array.from({ length: 12 }, openStore));
    // Real time, since it is the store's: its dates are whole seconds.
    await delay(EXPIRY_MS + 2000);
    const rivals = await Promise.allSettled(
      stores.map((store, index) =>
        takeBucketLock(store, { hostLock: `host ${index}`, expiryMs: EXPIRY_MS }, request),
      ),
    );
    assert.equal(rivals.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.deepEqual(await keysBelow(server, bucket, ''), [`${ROOT}/.palhm-lock`]);
  });

  it('takes a lock back at once that a dead run of this host has left', async () => {
    await takeBucketLock(await openStore(), { hostLock: 'this host' }, request);
    // Of one who died between its claim and the lock.
    const claim = { Bucket: bucket, Key: `${ROOT}/.palhm-lock.${randomUUID()}`, Body: '{}' };
    await server.client.send(new PutObjectCommand(claim));
    const lock = await takeBucketLock(await openStore(), { hostLock: 'this host' }, request);
    await lock.release();
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
  });

  it('commits nothing that another run has taken over or removed', async () => {
    const sink = await sinkOf(s3Plan(server, { bucket, root: ROOT }));
    const lock = await lockNow(sink);
    for (const marker of ['{"state":"removing","run":"other"}', undefined]) {
      const copy = await sink.open(prefixAt(0), { id: 'run' });
      const object = await writeObject(copy, 'o', 'echo 1');
      const at = { Bucket: bucket, Key: `${ROOT}/${prefixAt(0).name}/.palhm-open` };
      if (marker === undefined) await server.client.send(new DeleteObjectCommand(at));
      else await server.client.send(new PutObjectCommand({ ...at, Body: marker }));
      await assert.rejects(copy.commit(manifestOf(prefixAt(0), [object])), /taken over or removed/);
      await copy.abort();
      assert.ok(!(await keysBelow(server, bucket, ROOT)).some((key) => key.includes('manifest')));
      for (const Key of await keysBelow(server, bucket, `${ROOT}/2`))
        await server.client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    }
    await lock.release();
  });
});
