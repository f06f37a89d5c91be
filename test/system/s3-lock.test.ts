/** The object lock on a real Ceph gateway. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { type Ended, runPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf } from '../rig/s3/bucket.js';
import { makeBucket, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { withLyingProxy } from './lying-proxy.js';
import { startS3 } from './s3-servers.js';

const OBJECTS = ['a', 'deep/b +ü'].map((path) => ({ path, stages: ['echo 1'] }));
const SHORT_MS = 8000;

describe('aws-s3, the object lock', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('rgw');
  });
  beforeEach(async () => {
    bucket = await makeBucket(server, { locking: true });
    site = makeS3Site(server, bucket);
  });
  after(() => server.stop());

  const run = (): Promise<Ended> => runPalhm(['-f', site.config, 'run', 'backup']);

  function writeLocked(retainFor: string, param: object = {}): void {
    const lock = { mode: 'governance', 'retain-for': retainFor };
    site.write({ objects: OBJECTS, param: { 'object-lock': lock, ...param } });
  }

  async function mustRun(): Promise<string> {
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    return stderr;
  }

  /** Of the versions of an object that count: those that are no delete markers. */
  async function markersBelow(start: string): Promise<readonly string[]> {
    const request = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: start });
    const { DeleteMarkers } = await server.client.send(request);
    return (DeleteMarkers ?? []).map(({ Key }) => Key ?? '');
  }

  it('locks every object of a copy and its manifest, but neither marker nor lock', async () => {
    writeLocked('1h');
    const began = Date.now();
    await mustRun();
    const keys = await keysBelow(server, bucket, '');
    assert.equal(keys.length, 3);
    for (const Key of keys) {
      const request = new GetObjectRetentionCommand({ Bucket: bucket, Key });
      const { Retention } = await server.client.send(request);
      assert.equal(Retention?.Mode, 'GOVERNANCE', Key);
      const ahead = (Retention.RetainUntilDate?.getTime() ?? 0) - began - 3_600_000;
      assert.ok(ahead > -2000 && ahead < 60_000, `${ahead} ms`);
    }
  });

  it('keeps a copy that may not go yet, says until when, and removes it later', async () => {
    writeLocked(`${SHORT_MS / 1000}s`, { 'nb-copy-limit': 1 });
    await mustRun();
    const [first = ''] = await listPrefixes(site.config);
    const locked = Date.now() + SHORT_MS;
    const stderr = await mustRun();
    assert.match(
      stderr,
      new RegExp(`The copy ${first.replaceAll('+', String.raw`\+`)} may go, but`),
    );
    assert.equal((await listPrefixes(site.config)).length, 2);
    assert.ok(!(await markersBelow(`${ROOT}/${first}/a`)).includes(`${ROOT}/${first}/a`));
    // Real time, since it is the store's: its dates are whole seconds.
    await delay(locked - Date.now() + 2000);
    const later = await mustRun();
    assert.doesNotMatch(later, new RegExp(`${first.slice(0, 19)}[^ ]* may go`));
    assert.ok(!(await listPrefixes(site.config)).includes(first));
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
  });

  it('asks the store, whatever the manifest says: a legal hold of one object keeps its copy', async () => {
    site.write({ objects: OBJECTS, param: { 'nb-copy-limit': 1 } });
    await mustRun();
    const [first = ''] = await listPrefixes(site.config);
    const at = { Bucket: bucket, Key: `${ROOT}/${first}/deep/b +ü` };
    const hold = (Status: 'ON' | 'OFF') =>
      server.client.send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status } }));
    await hold('ON');
    const stderr = await mustRun();
    assert.match(stderr, /is under a legal hold/);
    assert.equal((await listPrefixes(site.config)).length, 2);
    assert.deepEqual(await markersBelow(`${ROOT}/${first}/a`), []);
    await hold('OFF');
    await mustRun();
    assert.equal((await listPrefixes(site.config)).length, 1);
  });

  it('works where the bucket itself locks whatever is written, and keeps what that keeps', async () => {
    const DefaultRetention = { Mode: 'GOVERNANCE', Days: 1 } as const;
    const ObjectLockConfiguration = {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention },
    } as const;
    const request = { Bucket: bucket, ObjectLockConfiguration };
    await server.client.send(new PutObjectLockConfigurationCommand(request));
    const large = { path: 'large', stages: ['head -c 12000000 /dev/zero'] };
    const param = { 'nb-copy-limit': 1, 'part-size': '5 MiB' };
    site.write({ objects: [...OBJECTS, large], param });
    await mustRun();
    const [first = ''] = await listPrefixes(site.config);
    assert.match(await mustRun(), /may go, but is locked until/);
    assert.ok((await listPrefixes(site.config)).includes(first));
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
  });

  it('locks nothing of what is rolled back', async () => {
    const lock = { mode: 'compliance', 'retain-for': '1h' };
    const objects = [...OBJECTS, { path: 'c', stages: ['echo 1; exit 3'] }];
    site.write({ objects, param: { 'object-lock': lock } });
    const { code, stderr } = await run();
    assert.equal(code, 1, stderr);
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
    const request = new ListObjectVersionsCommand({ Bucket: bucket });
    for (const { Key, VersionId } of (await server.client.send(request)).Versions ?? []) {
      const one = new GetObjectRetentionCommand({ Bucket: bucket, Key, VersionId });
      await assert.rejects(server.client.send(one), /ObjectLockConfigurationNotFound|UnknownError/);
    }
  });

  it('rolls back when not all objects can be locked, and says what stays', async () => {
    let locks = 0;
    const body = '<Error><Code>AccessDenied</Code></Error>';
    await withLyingProxy(
      server,
      ({ url, method }) => {
        if (method !== 'PUT' || url?.includes('?retention') !== true) return undefined;
        locks += 1;
        return locks === 2 ? { status: 403, body } : undefined;
      },
      async (endpoint) => {
        writeLocked('10s', { endpoint });
        const { code, stderr } = await run();
        assert.equal(code, 1, stderr);
        assert.match(stderr, /STORE_DENIED/);
        assert.match(stderr, /What was locked stays until .*, as a version/);
      },
    );
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
    writeLocked('10s');
    await mustRun();
  });

  it('asks a key that may not know of locks for nothing that it has not', async () => {
    const body = '<Error><Code>AccessDenied</Code></Error>';
    await withLyingProxy(
      server,
      ({ url }) =>
        /\?(object-lock|versioning|lifecycle|retention|legal-hold)/.test(url ?? '')
          ? { status: 403, body }
          : undefined,
      async (endpoint) => {
        site.write({ objects: OBJECTS, param: { 'nb-copy-limit': 1, endpoint } });
        await mustRun();
        assert.doesNotMatch(await mustRun(), /keeps versions|locked/);
      },
    );
    site.write({ objects: OBJECTS });
    assert.equal((await listPrefixes(site.config)).length, 1);
  });

  it('makes no copy in a bucket without object lock', async () => {
    const plain = await makeBucket(server);
    writeLocked('1h', { bucket: plain });
    const { code, stderr } = await run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /STORE_LACKS/);
    assert.deepEqual(await keysBelow(server, plain, ''), []);
  });

  it('says once a run what a bucket with versions keeps, unless a rule removes it', async () => {
    site.write({ objects: OBJECTS, param: { 'nb-copy-limit': 2 } });
    for (let made = 0; made < 4; made++) await mustRun();
    site.write({ objects: OBJECTS, param: { 'nb-copy-limit': 1 } });
    const told = /keeps versions: what rotation removes is hidden by delete markers/g;
    assert.equal((await mustRun()).match(told)?.length, 1, 'of two copies that went');
    const rule = {
      ID: 'palhm',
      Status: 'Enabled',
      Filter: { Prefix: `${ROOT}/` },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    } as const;
    const configuration = { Bucket: bucket, LifecycleConfiguration: { Rules: [rule] } };
    await server.client.send(new PutBucketLifecycleConfigurationCommand(configuration));
    assert.doesNotMatch(await mustRun(), told);
  });
});
