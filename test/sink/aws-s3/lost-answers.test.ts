/** A request that was done, and whose answer was lost with the connection: it is asked again, and must do no harm twice. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Call } from '../../rig/s3/fake/call.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';

const ENDS_IN = (end: string) => (call: Call) =>
  call.operation === 'PutObject' && call.key.endsWith(end);
const IS = (operation: string) => (call: Call) => call.operation === operation;

const REQUESTS: Readonly<Record<string, (call: Call) => boolean>> = {
  'to lock the root': ENDS_IN('.palhm-lock'),
  'to open the copy': ENDS_IN('.palhm-open'),
  'to write a small object': ENDS_IN('/small'),
  'to begin an upload': IS('CreateMultipartUpload'),
  'to send a part': IS('UploadPart'),
  'to complete an upload': IS('CompleteMultipartUpload'),
  'to commit the copy': ENDS_IN('.palhm-manifest.json'),
  'to remove a marker or the lock': IS('DeleteObject'),
  'to remove many objects': IS('DeleteObjects'),
  'to list': IS('ListObjectsV2'),
};

describe('a store whose answer is lost', () => {
  let stand: S3Stand;
  before(async () => {
    stand = await openS3Stand();
    stand.site.write({
      objects: [
        { path: 'large', stages: ['head -c 6000000 /dev/urandom', 'cat'] },
        { path: 'small', stages: ['echo small'] },
      ],
      param: { 'part-size': '5 MiB', 'nb-copy-limit': 1 },
    });
    // So that every run that follows has one to remove.
    assert.equal((await stand.run()).code, 0);
  });
  after(() => stand.close());

  for (const [title, isMeant] of Object.entries(REQUESTS)) {
    it(`${title}, once for each key`, async () => {
      const lost = new Set<string>();
      stand.fake.rules.meet = (call) => {
        if (!isMeant(call) || lost.has(call.key)) return 'serve';
        lost.add(call.key);
        return 'lose';
      };
      const { code, stderr } = await stand.run();
      assert.equal(code, 0, stderr);
      assert.ok(lost.size > 0, 'something was lost');
      await stand.assertWhole(1);
    });
  }

  for (const [title, isMeant] of [
    ['to complete an upload', IS('CompleteMultipartUpload')],
    ['to commit the copy', ENDS_IN('.palhm-manifest.json')],
    ['to make the copy visible', IS('DeleteObject')],
  ] as const) {
    it(`${title}, again and again: rolled back, and nothing is left`, async () => {
      stand.fake.rules.meet = (call) => (isMeant(call) ? 'lose' : 'serve');
      assert.equal(await stand.runImpatiently(), 1);
      Object.assign(stand.fake.rules, { meet: () => 'serve' });
      await stand.run();
      await stand.assertWhole(1);
    });
  }
});
