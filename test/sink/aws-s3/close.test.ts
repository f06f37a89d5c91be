/** A sink that was closed has no connection any more, nor have its role and a probe. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { lendRole } from '../../../src/sink/aws-s3/client/role.js';
import { probeSink } from '../../../src/sink/registry.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { contextOf, lockNow, makeCopy, prefixAt, sinkOf } from '../../rig/sinks.js';

let fake: S3Fake;
let bucket: string;
beforeEach(async () => {
  fake = await startFake();
  bucket = await makeBucket(fake);
  // That of the fake itself.
  assert.equal(await fake.connections(), 1);
});
afterEach(() => fake.stop());

/** Well before a server closes an idle connection by itself, which Node's does after 5 s. */
const SOON_MS = 2000;

async function untilOpen(count: () => Promise<number>, wanted: number): Promise<void> {
  const deadline = performance.now() + SOON_MS;
  while ((await count()) !== wanted) {
    assert.ok(performance.now() < deadline, `${await count()} connections are open`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('closes its connections', async () => {
  const sink = await sinkOf(s3Plan(fake, { bucket }));
  const lock = await lockNow(sink);
  await makeCopy(sink, prefixAt(0));
  await sink.list();
  await lock.release();
  assert.ok((await fake.connections()) > 1);
  await sink.close();
  await untilOpen(() => fake.connections(), 1);
});

test('closes those of a probe', async () => {
  const { signal } = new AbortController();
  const findings = await probeSink(s3Plan(fake, { bucket }), { ...contextOf(), signal });
  assert.ok(findings.length > 3);
  await untilOpen(() => fake.connections(), 1);
});

test('closes that of a role', async (context) => {
  const server = await startSts();
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const own = { accessKeyId: 'own', secretAccessKey: 's' };
  const source = new S3Client({ endpoint, region: 'us-east-1', credentials: own });
  const role = lendRole(source, {
    roleArn: 'arn:aws:iam::1:role/backup',
    endpoint,
    context: contextOf(),
  });
  assert.equal((await role.credentials()).accessKeyId, 'lent');
  const count = (): Promise<number> =>
    new Promise((resolve) => {
      server.getConnections((_, open) => resolve(open));
    });
  assert.equal(await count(), 1);
  role.close();
  await untilOpen(count, 0);
  source.destroy();
});

async function startSts(): Promise<Server> {
  const fields =
    '<AccessKeyId>lent</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>';
  const text = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>${fields}</Credentials></AssumeRoleResult></AssumeRoleResponse>`;
  const server = createServer((_, answer) => answer.end(text)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}
