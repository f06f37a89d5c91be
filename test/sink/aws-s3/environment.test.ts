/** The backend reads the environment that its context hands in, not that of the process. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import type { Value } from '../../../src/config/plan/value.js';
import { connect } from '../../../src/sink/aws-s3/client/client.js';
import { lendRole } from '../../../src/sink/aws-s3/client/role.js';
import { s3Plan } from '../../rig/s3/server.js';
import { contextOf } from '../../rig/sinks.js';

const NAMES = ['PALHM_TEST_KEY', 'PALHM_TEST_SECRET', 'AWS_ENDPOINT_URL_STS'] as const;

test('references of credentials are looked up in it', async (context) => {
  for (const name of NAMES) assert.equal(process.env[name], undefined);
  const variable = (name: string): Value => ({ type: 'env', name, secret: true });
  const server = { endpoint: 'http://127.0.0.1:9', accessKeyId: '', secretAccessKey: '' };
  const plan = s3Plan(server, {
    bucket: 'b',
    credentials: {
      accessKeyId: variable('PALHM_TEST_KEY'),
      secretAccessKey: variable('PALHM_TEST_SECRET'),
      sessionToken: undefined,
    },
  });
  const environment = { PALHM_TEST_KEY: 'AKIDEXAMPLE', PALHM_TEST_SECRET: 'secret' };
  const connection = await connect(plan, contextOf({ environment }));
  context.after(() => connection.close());
  const { accessKeyId, secretAccessKey } = await connection.client.config.credentials();
  assert.deepEqual([accessKeyId, secretAccessKey], ['AKIDEXAMPLE', 'secret']);
});

test('AWS_ENDPOINT_URL_STS in it keeps the endpoint of the store from being asked for a role', async (context) => {
  let asked = 0;
  const store = createServer((_, answer) => {
    asked += 1;
    answer.writeHead(400).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => store.once('listening', resolve));
  const endpoint = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'own', secretAccessKey: 's' };
  // The SDK itself takes the place of the STS from the environment of the process: here nobody can be reached there.
  process.env['AWS_ENDPOINT_URL_STS'] = 'http://127.0.0.1:9';
  const source = new S3Client({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  context.after(() => {
    delete process.env['AWS_ENDPOINT_URL_STS'];
    source.destroy();
    store.close();
  });
  const ask = async (environment: Readonly<Record<string, string>>): Promise<void> => {
    const request = {
      roleArn: 'arn:aws:iam::1:role/b',
      endpoint,
      context: contextOf({ environment }),
    };
    const role = lendRole(source, request);
    await assert.rejects(role.credentials());
    role.close();
  };
  await ask({ AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' });
  assert.equal(asked, 0);
  await ask({});
  assert.equal(asked, 1);
});
