/** What uploads and batch deletes carry to prove that they arrived whole. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { S3Plan } from '../../../src/config/plan/sinks/aws-s3.js';
import { deleteBatch } from '../../../src/sink/aws-s3/bucket/keys.js';
import { openStore } from '../../../src/sink/aws-s3/bucket/open-store.js';
import type { Call } from '../../rig/s3/fake/call.js';
import { startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { PART_SIZE, upload } from '../../rig/s3/upload.js';
import { contextOf } from '../../rig/sinks.js';

const OPERATIONS = ['PutObject', 'UploadPart', 'CompleteMultipartUpload', 'DeleteObjects'];
const HEADERS = ['x-amz-checksum-crc32', 'content-md5', 'x-amz-content-sha256'];

/** The headers of each operation that say a checksum, and the body of what completes an upload. */
async function checksumsOf(context: TestContext, checksum: S3Plan['checksum']) {
  const fake = await startFake();
  context.after(() => fake.stop());
  const bucket = await makeBucket(fake);
  const store = await openStore(s3Plan(fake, { bucket, checksum }), contextOf());
  context.after(() => store.close());
  const calls: Call[] = [];
  fake.rules.meet = (call) => {
    calls.push(call);
    return 'serve';
  };
  await upload(store, 'r/small', 1);
  await upload(store, 'r/large', PART_SIZE + 1);
  await deleteBatch(store, 'r/', ['r/small']);
  const headers = OPERATIONS.map((name) => {
    const call = calls.find(({ operation }) => operation === name);
    return HEADERS.filter((header) => call?.header(header) !== undefined);
  });
  const completion = calls.find(({ operation }) => operation === 'CompleteMultipartUpload');
  return { headers, completion: completion?.body.toString() ?? '' };
}

test('a write and a part carry what the SDK thinks best, and the completion repeats it', async (context) => {
  const { headers, completion } = await checksumsOf(context, 'when-supported');
  assert.deepEqual(headers, [
    ['x-amz-checksum-crc32', 'x-amz-content-sha256'],
    ['x-amz-checksum-crc32', 'x-amz-content-sha256'],
    ['x-amz-content-sha256'],
    ['content-md5', 'x-amz-content-sha256'],
  ]);
  assert.match(completion, /<PartNumber>2<\/PartNumber>/);
});

test('"when-required" leaves it out where a store may refuse it', async (context) => {
  const { headers } = await checksumsOf(context, 'when-required');
  assert.deepEqual(headers, [
    ['x-amz-content-sha256'],
    ['x-amz-content-sha256'],
    ['x-amz-content-sha256'],
    ['content-md5', 'x-amz-content-sha256'],
  ]);
});
