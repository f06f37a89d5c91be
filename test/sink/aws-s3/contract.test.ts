/**
 * The contract on the in-repo fake: it runs where there is no lab, and proves the fake as much as the backend. What real
 * servers do is in test/system/s3.test.ts.
 */
import { after, before, describe } from 'node:test';
import { remainsOf } from '../../rig/s3/bucket.js';
import { heldBody } from '../../rig/s3/fake/body.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket, readObject, s3Plan } from '../../rig/s3/server.js';
import { describeSink } from '../contract.js';
import type { SinkRig } from '../contract-rig.js';

describe('aws-s3 on the fake', () => {
  let fake: S3Fake;
  before(async () => {
    fake = await startFake();
  });
  after(() => fake.stop());
  describeSink('aws-s3 on the fake', async (): Promise<SinkRig> => {
    const bucket = await makeBucket(fake);
    const root = 'not/there yet/a';
    return {
      plan: s3Plan(fake, { bucket, root }),
      sibling: s3Plan(fake, { bucket, root: `${root}b` }),
      read: (prefix, path) => readObject(fake, bucket, `${root}/${prefix}/${path}`),
      async put(prefix, path, text) {
        const object = { body: heldBody(Buffer.from(text)), modified: new Date() };
        const key = `${root}/${prefix}/${path}`;
        fake.buckets.get(bucket)?.put(key, { ...object, storageClass: 'STANDARD' });
      },
      remains: () => remainsOf(fake, bucket, root),
      cleanup: async () => undefined,
    };
  });
});
