/** Drills of copies in a bucket, on a real Ceph gateway. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { runPalhm } from '../rig/palhm.js';
import { makeBucket, readObject, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { whyNoLab } from './lab.js';
import { startS3 } from './s3-servers.js';

const MEBIBYTE = 2 ** 20;
const script = (text: string): object => ({ type: 'exec-inline', argv: ['sh', '-c', text] });

describe('aws-s3, drills', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  let prefix: string;
  before(async () => {
    server = await startS3('rgw');
    bucket = await makeBucket(server);
    site = makeS3Site(server, bucket);
    const size = 12 * MEBIBYTE;
    site.write({
      objects: [{ path: 'bytes', stages: [`head -c ${size} /dev/urandom`] }],
      param: { 'part-size': '5 MiB' },
      drill: {
        restore: [{ object: 'bytes', pipeline: [script('cat >bytes')] }],
        check: [script(`test "$(wc -c <bytes)" -eq ${size}`)],
      },
    });
    const { code, stderr } = await runPalhm(['-f', site.config, 'run', 'backup']);
    assert.equal(code, 0, stderr);
    [prefix = ''] = await listPrefixes(site.config);
  });
  after(async () => {
    site?.remove();
    await server.stop();
  });

  const record = async (): Promise<{ result: string; problem: string | null }> => {
    const key = `${ROOT}/${prefix}/.palhm-drill.json`;
    return JSON.parse((await readObject(server, bucket, key)).toString());
  };

  it('pass, and are recorded beside the manifest', async () => {
    const { code, stderr } = await runPalhm(['-f', site.config, 'drill', 'backup']);
    assert.equal(code, 0, stderr);
    assert.equal((await record()).result, 'passed');
    assert.deepEqual(await listPrefixes(site.config), [prefix]);
  });

  it('find an object whose bytes are not those of the manifest', async () => {
    const key = `${ROOT}/${prefix}/bytes`;
    const bytes = await readObject(server, bucket, key);
    bytes.writeUInt8(bytes.readUInt8(7 * MEBIBYTE) ^ 1, 7 * MEBIBYTE);
    await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    const { code, stderr } = await runPalhm(['-f', site.config, 'drill', 'backup']);
    assert.equal(code, 4, stderr);
    const { result, problem } = await record();
    assert.equal(result, 'failed');
    assert.match(problem ?? '', /^restoring object "bytes": object "bytes" has the SHA-256 /);
  });
});
