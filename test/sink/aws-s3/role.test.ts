import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createRedactor } from '../../../src/exec/redactor.js';
import { lendRole, nameSession } from '../../../src/sink/aws-s3/client/role.js';
import { contextOf } from '../../rig/sinks.js';

const ROLE = 'arn:aws:iam::123456789012:role/backup';

/** Of an STS that lends the keys `lent-1`, `lent-2` and so on, each for so long. */
function lend(number: number, lastsMs: number): string {
  const until = new Date(Date.now() + lastsMs).toISOString();
  const fields = `<AccessKeyId>lent-${number}</AccessKeyId><SecretAccessKey>secret-${number}</SecretAccessKey><SessionToken>token-${number}</SessionToken><Expiration>${until}</Expiration>`;
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${fields}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

for (const [title, lastsMs, expected] of [
  ['are used as long as they last', 3_600_000, 1],
  // Less than the five minutes before the end when the SDK asks again.
  ['are renewed before they end', 60_000, 3],
] as const) {
  test(`the credentials of a role ${title}, and are kept out of logs`, async (context) => {
    const asked: URLSearchParams[] = [];
    const keys: string[] = [];
    const redactor = createRedactor();
    const server = createServer((request, answer) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const key = /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
        if (request.method === 'POST') {
          assert.equal(key, 'own');
          asked.push(new URLSearchParams(Buffer.concat(chunks).toString()));
          answer.end(lend(asked.length, lastsMs));
        } else {
          keys.push(key);
          answer.end();
        }
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const at = { endpoint, region: 'us-east-1', forcePathStyle: true };
    const source = new S3Client({
      ...at,
      credentials: { accessKeyId: 'own', secretAccessKey: 's' },
    });
    const role = lendRole(source, {
      roleArn: ROLE,
      endpoint,
      context: contextOf({ task: 'daily', redactor }),
    });
    const client = new S3Client({ ...at, credentials: role.credentials });
    context.after(() => {
      client.destroy();
      role.close();
      source.destroy();
      server.close();
    });
    for (let sent = 0; sent < 3; sent++)
      await client.send(new HeadBucketCommand({ Bucket: 'palhm' }));
    assert.equal(keys.length, 3);
    assert.ok(keys.every((key) => key.startsWith('lent-')));
    assert.equal(new Set(keys).size, expected);
    const said = keys.map((key) => key.replace('lent', 'secret')).join();
    assert.doesNotMatch(redactor.redact(`${said} token-1`), /secret-|token-/);
    assert.equal(asked[0]?.get('Action'), 'AssumeRole');
    assert.equal(asked[0].get('RoleArn'), ROLE);
    assert.equal(asked[0].get('RoleSessionName'), nameSession({ task: 'daily', host: hostname() }));
  });
}
