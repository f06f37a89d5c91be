/** `palhm config check --connect` on real stores. Debian packages: those of s3.test.ts. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { type RunningPalhm, runPalhm, startPalhm } from '../rig/palhm.js';
import { keysBelow, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes, SMALL_OBJECTS } from '../rig/site.js';
import { type Check, checkSinks } from './connect.js';
import { startFaultyProxy } from './faulty-proxy.js';
import { whyNoLab } from './lab.js';
import { givePolicy, readPolicy } from './s3-policy.js';
import { type S3Kind, startS3 } from './s3-servers.js';

const stateOf = (checks: readonly Check[], wanted: string): string | undefined =>
  checks.find(({ name }) => name === wanted)?.state;

const skipOf = (kind: S3Kind): string | false => whyNoLab(`${kind}-start.sh`);

describe('config check --connect on a Ceph gateway', { skip: skipOf('rgw') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('rgw');
  });
  beforeEach(async () => {
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
    site.write({ objects: SMALL_OBJECTS });
  });
  after(() => server.stop());

  async function versionsIn(Bucket: string): Promise<number> {
    const found = await server.client.send(new ListObjectVersionsCommand({ Bucket }));
    return (found.Versions ?? []).length + (found.DeleteMarkers ?? []).length;
  }

  async function keepVersions(): Promise<void> {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    const command = new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration });
    await server.client.send(command);
  }

  it('leaves no version of its probe on a versioned bucket, and says that others will stay', async () => {
    await keepVersions();
    const { code, checks } = await checkSinks(site.config);
    assert.equal(code, 0);
    assert.equal(stateOf(checks, 'versioning'), 'note');
    assert.equal(stateOf(checks, 'old versions'), 'note');
    assert.equal(stateOf(checks, 'tidy up'), undefined);
    assert.equal(await versionsIn(bucket), 0);
  });

  it('says that a version stays which it may not remove', async () => {
    await keepVersions();
    const policy = readPolicy(bucket, ROOT);
    const [first, ...rest] = policy.Statement;
    assert.ok(first);
    const more = { ...first, Action: [...first.Action, 's3:GetBucketVersioning'] };
    await givePolicy(server, bucket, { ...policy, Statement: [more, ...rest] });
    site = makeS3Site({ ...server, ...server.other }, bucket);
    site.write({ objects: SMALL_OBJECTS });
    const { code, checks } = await checkSinks(site.config);
    assert.equal(code, 0);
    const detail = checks.find(({ name }) => name === 'tidy up')?.detail ?? '';
    assert.match(detail, /keeps an old version of .*\.palhm-probe-.*, less than 1 KiB/);
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
  });

  it('sees what the lifecycle of the bucket does', async () => {
    await keepVersions();
    const rule = { Status: 'Enabled', Filter: { Prefix: 'backup/' } } as const;
    const Rules = [
      { ...rule, ID: 'a', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 } },
      { ...rule, ID: 'b', NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
      { ...rule, ID: 'c', Filter: { Prefix: `${ROOT}/x` }, Expiration: { Days: 9 } },
    ];
    const request = { Bucket: bucket, LifecycleConfiguration: { Rules } };
    await server.client.send(new PutBucketLifecycleConfigurationCommand(request));
    const { checks } = await checkSinks(site.config);
    assert.equal(stateOf(checks, 'old unfinished uploads'), 'ok');
    assert.equal(stateOf(checks, 'old versions'), 'ok');
    assert.equal(stateOf(checks, 'removal by the bucket'), 'note');
  });

  it('sees that the bucket locks what is new', async () => {
    bucket = await makeBucket(server, { locking: true });
    const Rule = { DefaultRetention: { Mode: 'GOVERNANCE', Days: 2 } } as const;
    const request = {
      Bucket: bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule },
    } as const;
    await server.client.send(new PutObjectLockConfigurationCommand(request));
    site = makeS3Site(server, bucket);
    site.write({ objects: SMALL_OBJECTS });
    const { code, checks } = await checkSinks(site.config);
    assert.equal(code, 0);
    const lock = checks.find(({ name }) => name === 'object lock');
    assert.equal(lock?.detail, 'every new object is locked for 2 days (governance)');
    assert.equal(stateOf(checks, 'tidy up'), 'note');
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
  });

  it('says that a storage class is not to be had, before or after the commit', async () => {
    for (const key of ['sink-storage-class', 'rot-storage-class']) {
      site.write({ objects: SMALL_OBJECTS, param: { [key]: 'NO_SUCH_CLASS' } });
      const { code, checks } = await checkSinks(site.config);
      assert.equal(code, 1, key);
      const name = key.startsWith('rot') ? 'change the storage class' : 'write an object';
      assert.equal(stateOf(checks, name), 'missing', key);
      assert.deepEqual(await keysBelow(server, bucket, ''), []);
    }
  });

  for (const [key, value, name] of [
    ['server-side-encryption', 'AES256', 'encrypt objects'],
    ['object-lock', { mode: 'governance', 'retain-for': '1d' }, 'lock objects'],
  ] as const) {
    it(`says that "${key}" would not be kept`, async () => {
      site.write({ objects: SMALL_OBJECTS, param: { [key]: value } });
      const { code, checks } = await checkSinks(site.config);
      assert.equal(code, 1);
      assert.equal(checks.find(({ state }) => state === 'missing')?.name, name);
      assert.deepEqual(await keysBelow(server, bucket, ''), []);
      assert.deepEqual(await uploadsIn(server, bucket), []);
    });
  }

  it('finds an object lock where there is one', async () => {
    const locking = await makeBucket(server, { locking: true });
    const lock = { mode: 'governance', 'retain-for': '1d' };
    site.write({ objects: SMALL_OBJECTS, param: { bucket: locking, 'object-lock': lock } });
    const { code, checks } = await checkSinks(site.config);
    assert.equal(code, 0);
    assert.equal(stateOf(checks, 'lock objects'), 'ok');
  });

  for (const [title, param, right] of [
    ['another key', 'other', 's3:PutObject'],
    ['a wrong secret', { 'secret-access-key': 'wrong' }, null],
    ['an unknown key', { 'access-key-id': 'nobody' }, null],
  ] as const) {
    it(`tells ${title}`, async () => {
      const own = param === 'other' ? server.other : server;
      const credentials = {
        'access-key-id': own.accessKeyId,
        'secret-access-key': own.secretAccessKey,
        ...(param === 'other' ? {} : param),
      };
      site.write({ objects: SMALL_OBJECTS, param: { credentials } });
      const { code, checks } = await checkSinks(site.config);
      assert.equal(code, 1);
      const missing = checks.filter(({ state }) => state === 'missing');
      assert.ok(missing.some((check) => check.right === right));
      if (right === null) assert.match(missing[0]?.hint ?? '', /access key and its secret/);
      assert.equal(missing.length === 1, right === null);
      assert.equal(stateOf(checks, 'tidy up'), undefined, 'there is nothing to tidy up');
    });
  }

  it('is no stranger and no copy while it is there, and nothing sweeps it', async () => {
    const Key = `${ROOT}/.palhm-probe-1b4e28ba-2fa1-11d2-883f-0016d3cca427`;
    await server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
    site.write({ objects: [{ path: 'a', stages: ['echo 1'] }] });
    const run = await runPalhm(['-f', site.config, 'run', 'backup']);
    assert.equal(run.code, 0, run.stderr);
    assert.doesNotMatch(run.stderr, /left alone|unfinished copy/);
    assert.equal((await listPrefixes(site.config)).length, 1);
    assert.ok((await keysBelow(server, bucket, Key)).includes(Key));
  });

  for (const write of [1, 2, 3]) {
    it(`removes what it wrote when it is told to stop at write ${write}`, async () => {
      let writes = 0;
      let running: RunningPalhm | undefined;
      const proxy = await startFaultyProxy(server.endpoint, () => {
        writes += 1;
        if (writes === write) running?.child.kill('SIGINT');
        return 'none';
      });
      site.write({ objects: SMALL_OBJECTS, param: { endpoint: proxy.endpoint } });
      running = startPalhm(['-f', site.config, 'config', 'check', '--connect']);
      const { code, stdout, stderr } = await running.ended;
      await proxy.close();
      assert.equal(code, 130, stderr);
      assert.doesNotMatch(stdout, /reach the bucket/);
      assert.ok(writes <= write + 1, `${writes} writes`);
      assert.deepEqual(await keysBelow(server, bucket, ''), []);
      assert.deepEqual(await uploadsIn(server, bucket), []);
    });
  }
});

describe('config check --connect on a partial store', { skip: skipOf('swift-s3') }, () => {
  it('says what the store lacks, and that a backup will do without', async () => {
    const server = await startS3('swift-s3');
    try {
      const bucket = await makeBucket(server);
      const site = makeS3Site(server, bucket);
      site.write({ objects: SMALL_OBJECTS });
      const { code, checks } = await checkSinks(site.config);
      assert.equal(code, 0, JSON.stringify(checks));
      assert.equal(stateOf(checks, 'lock out other hosts'), 'note');
      assert.equal(stateOf(checks, 'remove objects'), 'ok');
      site.write({ objects: SMALL_OBJECTS, param: { 'rot-storage-class': 'GLACIER' } });
      const cold = await checkSinks(site.config);
      assert.equal(cold.code, 1);
      assert.equal(stateOf(cold.checks, 'change the storage class'), 'missing');
      assert.deepEqual(await keysBelow(server, bucket, ''), []);
      assert.deepEqual(await uploadsIn(server, bucket), []);
      assert.equal((await runPalhm(['-f', site.config, 'list'])).code, 0);
      site.remove();
    } finally {
      await server.stop();
    }
  });
});
