/** A store that does not encrypt what is sent in parts: that is what is reported, whatever becomes of the upload. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../../src/sink/aws-s3/client/client.js';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import { startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { PART_SIZE, upload } from '../../rig/s3/upload.js';
import { contextOf } from '../../rig/sinks.js';

for (const [title, isRefused] of [
  ['and the upload is aborted', false],
  ['and the upload may not be aborted', true],
] as const) {
  test(`an upload that is not encrypted fails, ${title}`, async (context) => {
    const fake = await startFake();
    context.after(() => fake.stop());
    const bucket = await makeBucket(fake);
    const encryption = { algorithm: 'AES256', kmsKeyId: undefined } as const;
    const connection = await connect(s3Plan(fake, { bucket, encryption }), contextOf());
    context.after(() => connection.close());
    fake.rules.meet = ({ operation }) =>
      isRefused && operation === 'AbortMultipartUpload'
        ? errorAnswer(403, 'AccessDenied')
        : 'serve';
    const store = { ...connection, bucket, base: 'a/', location: `s3://${bucket}/a` };
    await assert.rejects(upload(store, 'a/x', PART_SIZE + 1), { code: 'STORE_LACKS' });
    const { length } = fake.calls.filter(({ operation }) => operation === 'AbortMultipartUpload');
    assert.equal(length, 1);
  });
}
