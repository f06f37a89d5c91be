/**
 * Two hosts, each with locks of its own, that want one root at the same time. A mount namespace with another /run/palhm is
 * what makes a host here. Debian packages: ceph-mon ceph-osd radosgw ceph-common.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { PALHM } from '../rig/palhm.js';
import { keysBelow, remainsOf, uploadsIn } from '../rig/s3/bucket.js';
import { makeBucket, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const ROUNDS = 10;
const HOSTS = 3;

describe('aws-s3 from several hosts', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startS3('rgw');
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
    site.write({ objects: [{ path: 'o', stages: ['head -c 200000 /dev/urandom; sleep 1'] }] });
  });
  after(async () => {
    site.remove();
    await server.stop();
  });

  /** The exit code of a run on a host of its own. */
  function runOnHost(...more: readonly string[]): Promise<{ code: number; stderr: string }> {
    const script =
      'mkdir -p /run/palhm && mount -t tmpfs -o mode=700 tmpfs /run/palhm && exec "$@"';
    const palhm = [process.execPath, PALHM, '-f', site.config, 'run', 'backup', ...more];
    const argv = ['--mount', 'sh', '-c', script, 'sh', ...palhm];
    return new Promise((resolve) => {
      execFile('unshare', argv, (error, _, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stderr });
      });
    });
  }

  it('lets one of them in at a time', async () => {
    let copies = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const ended = await Promise.all(Array.from({ length: HOSTS }, () => runOnHost()));
      const codes = ended.map(({ code }) => code);
      assert.ok(
        codes.every((code) => code === 0 || code === 75),
        ended.map(({ stderr }) => stderr).join('\n'),
      );
      copies += codes.filter((code) => code === 0).length;
      assert.ok(codes.includes(0), 'somebody gets it');
      assert.equal((await listPrefixes(site.config)).length, copies);
    }
    assert.ok(copies < ROUNDS * HOSTS, 'they were in each other’s way');
    await assertClean();
  });

  it('lets all of them in, one after the other, who wait', async () => {
    const earlier = (await listPrefixes(site.config)).length;
    const ended = await Promise.all(Array.from({ length: HOSTS }, () => runOnHost('--wait')));
    for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
    assert.equal((await listPrefixes(site.config)).length, earlier + HOSTS);
    await assertClean();
  });

  async function assertClean(): Promise<void> {
    assert.deepEqual(await remainsOf(server, bucket, ROOT), []);
    assert.deepEqual(await uploadsIn(server, bucket), []);
    assert.deepEqual(await keysBelow(server, bucket, `${ROOT}/.palhm-lock`), []);
  }
});
