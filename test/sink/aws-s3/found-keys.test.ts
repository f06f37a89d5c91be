import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { createRedactor } from '../../../src/exec/redactor.js';
import { connect } from '../../../src/sink/aws-s3/client/client.js';
import { startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { contextOf } from '../../rig/sinks.js';

/** Gives another key each time. They expire within the five minutes in which the SDK asks again. */
function lendingProgram(directory: string): string {
  const program = join(directory, 'lend');
  const until = new Date(Date.now() + 60_000).toISOString();
  const lent = `{"Version":1,"AccessKeyId":"found","SecretAccessKey":"key-%d-of-found","SessionToken":"token-%d-of-found","Expiration":"${until}"}`;
  writeFileSync(
    program,
    `echo >>${directory}/count; n=$(wc -l <${directory}/count); printf '${lent}' $n $n`,
  );
  return `sh ${program}`;
}

test('the keys that the SDK finds itself are kept out of logs, and so are those that it renews', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'palhm-test-'));
  const files = { AWS_CONFIG_FILE: 'config', AWS_SHARED_CREDENTIALS_FILE: 'credentials' };
  for (const [name, file] of Object.entries(files)) process.env[name] = join(directory, file);
  writeFileSync(join(directory, 'credentials'), '');
  const lending = `[profile lent]\ncredential_process = ${lendingProgram(directory)}\n`;
  writeFileSync(join(directory, 'config'), lending);
  const fake = await startFake();
  const redactor = createRedactor();
  const bucket = await makeBucket(fake);
  const plan = s3Plan(fake, { bucket, credentials: undefined, profile: 'lent' });
  const connection = await connect(plan, contextOf({ redactor }));
  const { client } = connection;
  context.after(async () => {
    for (const name of Object.keys(files)) delete process.env[name];
    connection.close();
    await fake.stop();
    rmSync(directory, { recursive: true });
  });
  const used = new Set<string>();
  client.middlewareStack.add(
    (next) => (call) => {
      const { headers } = call.request as { headers: Record<string, string> };
      used.add(headers['x-amz-security-token'] ?? '');
      return next(call);
    },
    { step: 'deserialize' },
  );
  while (used.size < 3) await client.send(new HeadBucketCommand({ Bucket: bucket }));
  for (const token of used) {
    const clean = redactor.redact(`${token.replace('token', 'key')} ${token}`);
    assert.equal(clean, Array(2).fill('the credentials that the AWS SDK has found').join(' '));
  }
});
