/** A removal that may not look at an object fails as such, and not as an error that nobody handles. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeText } from '../../../src/sink/aws-s3/bucket/texts.js';
import { refuseLocked } from '../../../src/sink/aws-s3/write/retention-lock.js';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import { startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket } from '../../rig/s3/server.js';
import { openStore } from '../../rig/s3/store.js';

const KEYS = 40;

test('objects that may not be looked at, in a listing of many pages', async (context) => {
  const fake = await startFake();
  context.after(() => fake.stop());
  const store = await openStore(fake, { bucket: await makeBucket(fake), root: 'a' });
  for (let index = 0; index < KEYS; index++) await writeText(store, `a/c/${index}`, 'text');
  // Each page is a request, so that the first refusals come long before the last page.
  fake.rules.pageSize = 1;
  fake.rules.meet = ({ operation }) =>
    operation === 'HeadObject' ? errorAnswer(403, 'AccessDenied') : 'serve';
  await assert.rejects(refuseLocked(store, 'a/c/', 'c'), { code: 'STORE_DENIED' });
  store.close();
});
