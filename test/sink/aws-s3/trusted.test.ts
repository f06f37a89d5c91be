/** What makes a copy one to be trusted, in a bucket as on a disk: what is expected of objects, and signatures. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { callPalhm } from '../../rig/palhm.js';
import { readObject } from '../../rig/s3/server.js';
import { ROOT } from '../../rig/s3/site.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';
import { listPrefixes, type TestObject } from '../../rig/site.js';

const SHRINKS: TestObject = {
  path: 'dump.gz',
  inverses: [null, 'gzip -dc'],
  stages: ['head -c "$(cat "$SIZE_FILE")" /dev/urandom; echo "-- Dump completed"', 'gzip'],
  expect: { 'max-shrink': '50%', 'ends-with': '-- Dump completed' },
};

describe('copies in a bucket', () => {
  let stand: S3Stand;
  let size: string;
  before(async () => {
    stand = await openS3Stand();
    const { privateKey } = generateKeyPairSync('ed25519');
    const key = join(stand.site.directory, 'sign.pem');
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    size = join(stand.site.directory, 'size');
    stand.site.write({ objects: [SHRINKS], sign: { key: { file: key } } });
  });
  after(() => stand.close());

  function palhm(...args: string[]) {
    return callPalhm(['-f', stand.site.config, ...args], { env: { SIZE_FILE: size } });
  }

  it('are refused when an object has shrunk against the newest', async () => {
    writeFileSync(size, '1000000');
    assert.equal((await palhm('run', 'backup')).code, 0);
    writeFileSync(size, '100000');
    const { code, stderr } = await palhm('run', 'backup');
    assert.equal(code, 1);
    assert.match(stderr, /GUARD_FAILED[^]*shrunk by 90 %|shrunk by 90 %[^]*GUARD_FAILED/);
    await stand.assertWhole(1);
  });

  it('are strangers once their manifest was changed: not listed, restored or rotated', async () => {
    const [prefix = ''] = await listPrefixes(stand.site.config);
    const key = `${ROOT}/${prefix}/.palhm-manifest.json`;
    const manifest = (await readObject(stand.fake, stand.bucket, key)).toString();
    const target = join(stand.site.directory, 'target');
    const whole = await palhm('restore', 'backup', '--to', target);
    assert.equal(whole.code, 0, whole.stderr);
    assert.ok(readFileSync(join(target, 'dump')).length > 1_000_000);

    const Body = manifest.replace('"host": "', '"host": "x');
    const request = { Bucket: stand.bucket, Key: key, Body };
    await stand.fake.client.send(new PutObjectCommand(request));
    assert.deepEqual(await listPrefixes(stand.site.config), []);
    const refused = await palhm(
      'restore',
      'backup',
      '--to',
      join(target, 'again'),
      '--copy',
      prefix,
    );
    assert.equal(refused.code, 4, refused.stderr);
    assert.match(refused.stderr, /SIGNATURE_INVALID/);
    assert.ok(refused.stderr.includes(prefix), refused.stderr);
    assert.ok(!existsSync(join(target, 'again')));
    assert.equal((await palhm('verify', 'backup', '--copy', 'all')).code, 4);
    assert.equal((await palhm('rotate', 'backup')).code, 0);
    assert.equal((await readObject(stand.fake, stand.bucket, key)).toString(), Body);
  });
});
