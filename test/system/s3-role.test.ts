/** Credentials of a role, from the STS of a real Ceph gateway. Debian packages: ceph-mon ceph-osd radosgw ceph-common. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Ended, type PalhmOptions, runPalhm } from '../rig/palhm.js';
import { keysBelow } from '../rig/s3/bucket.js';
import { makeBucket, type S3Server } from '../rig/s3/server.js';
import { makeS3Site, type S3Site } from '../rig/s3/site.js';
import { listPrefixes } from '../rig/site.js';
import { admin, startCeph } from './ceph.js';
import { whyNoLab } from './lab.js';

const OBJECTS = [{ path: 'a', stages: ['echo 1'] }];
const ROLE = 'arn:aws:iam:::role/backup';

describe('aws-s3, a role', { skip: whyNoLab('rgw-start.sh') }, () => {
  let server: S3Server;
  let bucket: string;
  let site: S3Site;
  before(async () => {
    server = await startCeph();
    bucket = await makeBucket(server);
    makeRole('backup', [{ Action: ['s3:*'], Resource: 'arn:aws:s3:::*' }]);
    site = makeS3Site(server, bucket);
  });
  after(() => server.stop());

  /** One that `other` may assume, whose key has no rights of its own. */
  function makeRole(name: string, rights: readonly object[]): void {
    const policyOf = (statements: readonly object[]): string => {
      const Statement = statements.map((one) => ({ Effect: 'Allow', ...one }));
      return JSON.stringify({ Version: '2012-10-17', Statement });
    };
    const who = { Principal: { AWS: ['arn:aws:iam:::user/other'] }, Action: ['sts:AssumeRole'] };
    const role = `--role-name=${name}`;
    admin(server, 'role', 'create', role, `--assume-role-policy-doc=${policyOf([who])}`);
    const policy = ['--policy-name=own', `--policy-doc=${policyOf(rights)}`];
    admin(server, 'role-policy', 'put', role, ...policy);
  }

  const run = (options?: PalhmOptions): Promise<Ended> =>
    runPalhm(['-f', site.config, 'run', 'backup'], options);

  function writeRole(role: object, key: S3Server['other']): void {
    const credentials = {
      'access-key-id': key.accessKeyId,
      'secret-access-key': key.secretAccessKey,
    };
    site.write({ objects: OBJECTS, param: { credentials, ...role } });
  }

  it('is what a key without rights of its own needs to store', async () => {
    writeRole({}, server.other);
    assert.match((await run()).stderr, /STORE_DENIED/);
    writeRole({ 'role-arn': ROLE }, server.other);
    const { code, stderr } = await run();
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /NodeVersionSupportWarning|Warning:/);
    assert.equal((await listPrefixes(site.config)).length, 1);
  });

  it('is assumed with what the chain finds, at the address of AWS_ENDPOINT_URL_STS', async () => {
    site.write({
      objects: OBJECTS,
      param: { credentials: undefined, 'role-arn': ROLE, root: 'chain' },
    });
    const env = {
      AWS_ACCESS_KEY_ID: server.other.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.other.secretAccessKey,
      AWS_CONFIG_FILE: '/dev/null',
    };
    const nowhere = await run({ env: { ...env, AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' } });
    assert.equal(nowhere.code, 1);
    assert.match(
      nowhere.stderr,
      /cannot assume the role arn:aws:iam:::role\/backup: .*ECONNREFUSED/,
    );
    const { code, stderr } = await run({ env: { ...env, AWS_ENDPOINT_URL_STS: server.endpoint } });
    assert.equal(code, 0, stderr);
    assert.ok((await keysBelow(server, bucket, 'chain/')).length > 0);
  });

  it('locks and tags with exactly the rights that doc/s3.md gives for it', async () => {
    const locking = await makeBucket(server, { locking: true });
    const ofBucket = [
      'ListBucket',
      'ListBucketMultipartUploads',
      'GetBucketObjectLockConfiguration',
    ];
    const usual = ['PutObject', 'GetObject', 'DeleteObject', 'AbortMultipartUpload'];
    const further = [
      'PutObjectTagging',
      'PutObjectRetention',
      'GetObjectRetention',
      'GetObjectLegalHold',
    ];
    const ofObjects = usual.concat(further);
    makeRole('least', [
      { Action: ofBucket.map((one) => `s3:${one}`), Resource: `arn:aws:s3:::${locking}` },
      {
        Action: ofObjects.map((one) => `s3:${one}`),
        Resource: `arn:aws:s3:::${locking}/backup/host/*`,
      },
    ]);
    const role = { 'role-arn': 'arn:aws:iam:::role/least', bucket: locking };
    const lock = { mode: 'governance', 'retain-for': '1h' };
    const param = { ...role, 'object-lock': lock, tags: { a: 'b' }, 'nb-copy-limit': 1 };
    writeRole(param, server.other);
    for (const expected of [/complete|committed/, /may go, but is locked/]) {
      const { code, stderr } = await run();
      assert.equal(code, 0, stderr);
      assert.match(stderr, expected);
    }
    assert.equal((await listPrefixes(site.config)).length, 2);
  });

  it('says who may not assume it', async () => {
    writeRole({ 'role-arn': ROLE }, server);
    const { code, stderr } = await run();
    assert.equal(code, 1);
    assert.match(stderr, /STORE_DENIED/);
    assert.match(stderr, /cannot assume the role arn:aws:iam:::role\/backup/);
    assert.match(stderr, /trust policy/);
  });
});
