/** Verify and status on a real Ceph gateway. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { runPalhm } from '../rig/palhm.js';
import { keysBelow } from '../rig/s3/bucket.js';
import { makeBucket, readObject, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { problemsOf, verify } from '../rig/verify-site.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const MEBIBYTE = 2 ** 20;
const BACKUP = {
  objects: [
    { path: 'a', stages: ['seq 1000'] },
    { path: 'deep/b+c d', stages: ['seq 2000'] },
    { path: 'large', stages: [`head -c ${21 * MEBIBYTE} /dev/urandom`] },
  ],
  // In three volumes.
  param: { 'part-size': '5 MiB', 'max-parts': 2 },
};

describe('verify on aws-s3', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let Bucket: string;
  let site: S3Site;
  let base: string;
  before(async () => {
    server = await startS3('rgw');
  });
  after(() => server.stop());
  beforeEach(async () => {
    Bucket = await makeBucket(server);
    site = makeS3Site(server, Bucket);
    site.write(BACKUP);
    assert.equal((await runPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
    base = `${ROOT}/${(await listPrefixes(site.config))[0] ?? ''}/`;
  });

  const put = (path: string, Body: Buffer) =>
    server.client.send(new PutObjectCommand({ Bucket, Key: base + path, Body }));
  const remove = (path: string) =>
    server.client.send(new DeleteObjectCommand({ Bucket, Key: base + path }));

  it('finds one flipped byte of each object in turn, and records what it finds', async () => {
    const whole = await verify(site.config);
    assert.equal(whole.code, 0, whole.stderr);
    assert.deepEqual([whole.json.copies[0]?.read, whole.json.copies[0]?.recorded], [3, true]);
    const keys = (await keysBelow(server, Bucket, base)).filter((key) => !/\/\.palhm-/.test(key));
    assert.equal(keys.length, 5);
    for (const key of keys) {
      const bytes = await readObject(server, Bucket, key);
      const at = Math.floor(bytes.length / 2);
      const flip = () => {
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return put(key.slice(base.length), bytes);
      };
      await flip();
      const found = await verify(site.config);
      assert.equal(found.code, 4);
      const path = key.slice(base.length).replace(/\.palhm-volume-\d$/, '');
      const damaged = found.json.copies[0]?.objects.filter(({ result }) => result !== 'whole');
      assert.deepEqual(
        damaged?.map((one) => one.path),
        [path],
      );
      assert.match(problemsOf(found).join('\n'), /^object .* has the SHA-256 .*$/);
      const list = await runPalhm(['-f', site.config, 'list', '--json']);
      assert.equal(JSON.parse(list.stdout).copies[0].verify.result, 'damaged');
      assert.equal(JSON.parse(list.stdout).copies[0].objects, 3);
      await flip();
    }
    assert.equal((await verify(site.config)).code, 0);
  });

  it('finds what is missing, strange, cut short and swapped, all at once', async () => {
    await remove('large.palhm-volume-2');
    await put('stranger', Buffer.from('x'));
    await put('a', Buffer.from('short'));
    const found = await verify(site.config);
    assert.equal(found.code, 4);
    assert.deepEqual(problemsOf(found), [
      '"stranger" lies in the copy but not in its manifest',
      'object "a" has 5 bytes, the manifest says 3893',
      'object "large" is missing from the copy: its volume "large.palhm-volume-2"',
    ]);
    const CopySource = encodeURIComponent(`${Bucket}/${base}deep/b+c d`);
    await server.client.send(new CopyObjectCommand({ Bucket, Key: `${base}a`, CopySource }));
    assert.match(problemsOf(await verify(site.config))[1] ?? '', /object "a" has 8893 bytes/);
  });

  it('is told that a manifest is damaged, by verify and by status', async () => {
    await put('.palhm-manifest.json', Buffer.from('{'));
    const found = await verify(site.config);
    assert.deepEqual([found.code, found.json.copies[0]?.result], [4, 'damaged']);
    const status = await runPalhm(['-f', site.config, 'status', '--json']);
    assert.equal(status.code, 4);
    assert.equal(JSON.parse(status.stdout).tasks[0].state, 'damaged');
  });

  it('reads what it decodes through pipes', async () => {
    const found = await verify(site.config, ['--decode']);
    assert.equal(found.code, 0, found.stderr);
  });

  it('is fresh, and unreachable when the store does not answer', async () => {
    const fresh = await runPalhm(['-f', site.config, 'status', '--json']);
    assert.equal(fresh.code, 0, fresh.stderr);
    const [task] = JSON.parse(fresh.stdout).tasks;
    assert.deepEqual([task.state, task.last.size], ['fresh', 3893 + 8893 + 21 * MEBIBYTE]);
    const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    assert.ok(typeof address === 'object' && address !== null);
    const endpoint = `http://127.0.0.1:${address.port}`;
    site.write({ ...BACKUP, param: { ...BACKUP.param, endpoint } });
    const status = await runPalhm(['-f', site.config, 'status', '--json', '--timeout', '2s']);
    assert.equal(status.code, 4);
    const [hung] = JSON.parse(status.stdout).tasks;
    assert.deepEqual([hung.state, hung.last], ['unreachable', null]);
    assert.match(status.stderr, /"backup" is unreachable: it did not answer within 2\.0 s/);
    silent.close();
  });
});
