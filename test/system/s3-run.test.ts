/** The real program against a real Ceph gateway. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CreateMultipartUploadCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { Manifest } from '../../src/copy/manifest.js';
import { type Ended, runPalhm, startPalhm } from '../rig/palhm.js';
import { keysBelow, remainsOf, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { REPOSITORY, whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const MEBIBYTE = 2 ** 20;

describe('aws-s3, the program', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('rgw');
  });
  beforeEach(async () => {
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
  });
  after(() => server.stop());

  const run = (): Promise<Ended> => runPalhm(['-f', site.config, 'run', 'backup']);

  async function manifestOf(prefix: string): Promise<Manifest> {
    const key = `${ROOT}/${prefix}/.palhm-manifest.json`;
    return JSON.parse((await readObject(server, bucket, key)).toString()) as Manifest;
  }

  async function assertNothing(): Promise<void> {
    assert.deepEqual(await keysBelow(server, bucket, ''), []);
    assert.deepEqual(await uploadsIn(server, bucket), []);
  }

  it("runs the original's own sample with only an endpoint added, twice", async () => {
    const sample = readFileSync(join(REPOSITORY, 'samples/reference-aws-s3.jsonc'), 'utf8');
    const own = sample
      .replace('"../conf.d/', `"${REPOSITORY}/conf.d/`)
      .replace('"palhm.test"', `"${bucket}"`)
      .replace('"root":', `"endpoint": "${server.endpoint}", "root":`);
    writeFileSync(site.config, own);
    const credentials = join(site.directory, 'credentials');
    writeFileSync(
      credentials,
      `[default]\naws_access_key_id = ${server.accessKeyId}\naws_secret_access_key = ${server.secretAccessKey}\n`,
    );
    const env = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: '/dev/null' };
    for (let round = 1; round <= 2; round++) {
      const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup'], { env });
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /NodeVersionSupportWarning/);
      const prefixes = await listPrefixes(site.config, { env });
      assert.equal(prefixes.length, round);
      const key = `palhm/backup/${prefixes.at(-1) ?? ''}/os-release`;
      assert.deepEqual(await readObject(server, bucket, key), readFileSync('/etc/os-release'));
    }
  });

  it('rotates, and leaves what is not its own alone', async () => {
    site.write({ objects: [{ path: 'a b+c', stages: ['echo 1'] }], param: { 'nb-copy-limit': 2 } });
    const foreign = { Bucket: bucket, Key: `${ROOT}b/x` };
    await server.client.send(new CreateMultipartUploadCommand(foreign));
    const inRoot = { Bucket: bucket, Key: `${ROOT}/other/x` };
    await server.client.send(new CreateMultipartUploadCommand(inRoot));
    for (let round = 0; round < 4; round++) assert.equal((await run()).code, 0);
    assert.equal((await listPrefixes(site.config)).length, 2);
    assert.deepEqual(await uploadsIn(server, bucket), [inRoot.Key, foreign.Key].sort());
  });

  it('leaves nothing of an object whose stage dies half way', async () => {
    const half = `head -c ${20 * MEBIBYTE} /dev/urandom; exit 3`;
    site.write({
      objects: [{ path: 'half', stages: [half, 'cat'] }],
      param: { 'part-size': '5 MiB' },
    });
    const { code, stderr } = await run();
    assert.equal(code, 1);
    assert.match(stderr, /exited with status 3|STAGE_FAILED/);
    await assertNothing();
  });

  it('leaves nothing when it is told to stop in the middle of an upload', async () => {
    const endless = 'exec cat /dev/urandom';
    site.write({
      objects: [{ path: 'endless', stages: [endless] }],
      param: { 'part-size': '5 MiB' },
    });
    const started = startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']);
    while ((await uploadsIn(server, bucket)).length === 0);
    started.child.kill('SIGTERM');
    assert.equal((await started.ended).code, 143);
    await assertNothing();
  });

  it('sweeps what a killed run left', async () => {
    site.write({
      objects: [{ path: 'endless', stages: ['exec cat /dev/urandom'] }],
      param: { 'part-size': '5 MiB' },
    });
    const started = startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']);
    while ((await uploadsIn(server, bucket)).length === 0);
    started.child.kill('SIGKILL');
    await started.ended;
    assert.deepEqual(await listPrefixes(site.config), []);
    site.write({ objects: [{ path: 'a', stages: ['echo 1'] }] });
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /unfinished copy/);
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
  });

  it('goes on in further volumes beyond the last part, which the printed line joins', async () => {
    const size = 23 * MEBIBYTE + 17;
    site.write({
      objects: [{ path: 'deep/large', stages: [`head -c ${size} /dev/urandom`] }],
      param: { 'part-size': '5 MiB', 'max-parts': 2 },
    });
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    const [prefix = ''] = await listPrefixes(site.config);
    const [object] = (await manifestOf(prefix)).objects;
    assert.deepEqual(object?.volumes, [
      'deep/large',
      'deep/large.palhm-volume-2',
      'deep/large.palhm-volume-3',
    ]);
    assert.equal(object.size, size);
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      AWS_REGION: 'us-east-1',
    };
    const options = { cwd: site.directory, maxBuffer: 2 * size, env };
    assert.equal(object.restore, `cat -- ${object.volumes?.join(' ')}`);
    const { stdout } = await runPalhm(['-f', site.config, 'restore', '--print']);
    const [, line = ''] = `\n${stdout}`.split('\n# deep/large\n');
    const restored = execFileSync('sh', ['-c', line.split('\n', 1).join('')], options);
    assert.equal(createHash('sha256').update(restored).digest('hex'), object.sha256);
  });

  it('moves the objects, but not the manifest, to their final storage class', async () => {
    site.write({
      objects: [{ path: 'odd +:ü name', stages: ['echo 1'] }],
      param: { 'sink-storage-class': 'STANDARD_IA', 'rot-storage-class': 'GLACIER' },
    });
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    const [prefix = ''] = await listPrefixes(site.config);
    const classOf = async (path: string): Promise<string | undefined> => {
      const request = { Bucket: bucket, Key: `${ROOT}/${prefix}/${path}` };
      return (await server.client.send(new HeadObjectCommand(request))).StorageClass;
    };
    assert.equal(await classOf('odd +:ü name'), 'GLACIER');
    assert.notEqual(await classOf('.palhm-manifest.json'), 'GLACIER');
  });

  it('ends with 3 and a whole copy when the storage class cannot be changed', async () => {
    site.write({
      objects: [{ path: 'a', stages: ['echo 1'] }],
      param: { 'rot-storage-class': 'NO_SUCH_CLASS' },
    });
    const { code, stderr } = await run();
    assert.equal(code, 3, stderr);
    assert.match(stderr, /SETTLE_FAILED/);
    assert.equal((await listPrefixes(site.config)).length, 1);
  });

  for (const [title, param, expected] of [
    ['a bucket that is not there', { bucket: 'no-such-bucket' }, /STORE_NO_BUCKET/],
    [
      'a key that the store does not know',
      { credentials: { 'access-key-id': 'nobody', 'secret-access-key': 'wrong' } },
      /STORE_WRONG_KEY/,
    ],
    ['a store that is not there', { endpoint: 'http://127.0.0.1:9' }, /SINK_UNAVAILABLE/],
    [
      'a storage class that the store does not know',
      { 'sink-storage-class': 'X' },
      /storage class/,
    ],
  ] as const) {
    it(`says what is wrong: ${title}`, async () => {
      site.write({ objects: [{ path: 'a', stages: ['echo 1'] }], param });
      const { code, stderr } = await run();
      assert.equal(code, 1, stderr);
      assert.match(stderr, expected);
      await assertNothing();
    });
  }

  it('says that a key has no rights', async () => {
    const { other } = server;
    const credentials = {
      'access-key-id': other.accessKeyId,
      'secret-access-key': other.secretAccessKey,
    };
    site.write({ objects: [{ path: 'a', stages: ['echo 1'] }], param: { credentials } });
    const { code, stderr } = await run();
    assert.equal(code, 1);
    assert.match(stderr, /STORE_DENIED/);
  });

  it('tells of a full quota, not of the stage that it broke', async () => {
    const admin = (...args: string[]): string =>
      execFileSync('radosgw-admin', ['-c', join(server.state, 'ceph.conf'), ...args], {
        encoding: 'utf8',
      });
    const scope = ['--bucket', bucket, '--uid', 'lab', '--quota-scope', 'bucket'];
    admin('quota', 'set', ...scope, '--max-size', String(8 * MEBIBYTE));
    admin('quota', 'enable', ...scope);
    try {
      site.write({
        objects: [{ path: 'large', stages: [`head -c ${60 * MEBIBYTE} /dev/urandom`, 'cat'] }],
        param: { 'part-size': '5 MiB' },
      });
      const { code, stderr } = await run();
      assert.equal(code, 1, stderr);
      assert.match(stderr, /SINK_FULL/);
      assert.match(stderr, /quota/i);
    } finally {
      admin('quota', 'disable', ...scope);
    }
    await assertNothing();
  });
});
