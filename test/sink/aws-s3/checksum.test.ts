/** What uploads and batch deletes carry to prove that they arrived whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { S3Plan } from '../../../src/config/plan/sinks/aws-s3.js';
import { deleteBatch } from '../../../src/sink/aws-s3/bucket/keys.js';
import { openStore } from '../../../src/sink/aws-s3/bucket/open-store.js';
import { createHashHere } from '../../../src/sink/aws-s3/upload/part-hash.js';
import { proofsFor } from '../../../src/sink/aws-s3/upload/payload.js';
import { beginUpload, putObject } from '../../../src/sink/aws-s3/upload/uploads.js';
import { startAnswers } from '../../rig/s3/answers.js';
import { contextOf } from '../../rig/sinks.js';

const BEGUN =
  '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>';

/** The names of the headers of a write, a part and a batch delete that say a checksum. */
async function checksumsOf(checksum: S3Plan['checksum']): Promise<readonly string[][]> {
  const answers = await startAnswers((number) => ({
    status: 200,
    body: number === 2 ? BEGUN : '',
  }));
  const literal = (text: string) => ({ type: 'literal', text }) as const;
  const secrets = { accessKeyId: literal('AKIDEXAMPLE'), secretAccessKey: literal('secret') };
  const plan = {
    bucket: 'b',
    root: 'r',
    endpoint: answers.endpoint,
    region: 'us-east-1',
    credentials: { ...secrets, sessionToken: undefined },
    forcePathStyle: true,
    checksum,
    tags: [] as S3Plan['tags'],
  } as S3Plan;
  const store = await openStore(plan, contextOf());
  const { signal } = new AbortController();
  const target = { store, key: 'r/x', storageClass: undefined, signal };
  const hash = createHashHere(proofsFor(plan));
  const seal = (bytes: Buffer) => {
    hash.arrived(bytes);
    return hash.seal(bytes);
  };
  await putObject(target, await seal(Buffer.from('1')));
  await beginUpload(target).send(seal(Buffer.from('2')));
  await deleteBatch(store, 'r/', ['r/x']);
  store.client.destroy();
  await answers.close();
  const [written, , part, removed] = answers.requests;
  return [written, part, removed].map((request) =>
    Object.keys(request?.headers ?? {})
      .filter((name) => /checksum-crc|content-md5/.test(name))
      .sort(),
  );
}

test('a write and a part carry what the SDK thinks best', async () => {
  assert.deepEqual(await checksumsOf('when-supported'), [
    ['x-amz-checksum-crc32'],
    ['x-amz-checksum-crc32'],
    ['content-md5'],
  ]);
});

test('"when-required" leaves it out where a store may refuse it', async () => {
  assert.deepEqual(await checksumsOf('when-required'), [[], [], ['content-md5']]);
});
