/** What a store says and palhm has to understand without one: its errors, and the name of a session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import { nameSession } from '../../../src/sink/aws-s3/client/role.js';
import { asS3Failure } from '../../../src/sink/aws-s3/client/s3-failure.js';

function errorOf(name: string, httpStatusCode: number, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

/** As AWS words them. */
const KEY_SERVICE = [
  errorOf('KMS.NotFoundException', 400, 'Alias arn:aws:kms:…:alias/backup is not found.'),
  errorOf('KMS.DisabledException', 400, 'arn:aws:kms:…:key/1 is disabled.'),
  errorOf('AccessDenied', 403, 'User: … is not authorized to perform: kms:GenerateDataKey on …'),
];

for (const error of KEY_SERVICE) {
  test(`${error.message} is a matter of the key service`, () => {
    const failure = asS3Failure(error, 'write s3://b/k');
    assert.ok(failure instanceof Failure);
    assert.equal(failure.code, 'STORE_DENIED');
    assert.match(failure.hint ?? '', /"kms-key-id"/);
  });
}

test('other denials are not', () => {
  const failure = asS3Failure(errorOf('AccessDenied', 403, 'Access Denied'), 'write s3://b/k');
  assert.ok(failure instanceof Failure);
  assert.doesNotMatch(failure.hint ?? '', /kms/);
});

test('the name of a session has what STS takes', () => {
  assert.equal(
    nameSession({ task: 'daily/db ü', host: 'host.example' }),
    'palhm-daily-db---host.example',
  );
  assert.equal(nameSession({ task: 'x'.repeat(100), host: 'host' }).length, 64);
});
