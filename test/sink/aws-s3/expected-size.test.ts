/** How large an object was in the last copy decides into what parts it is cut in the next. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';

const OBJECT = { path: 'large', stages: ['head -c 40000000 /dev/zero'] };

let stand: S3Stand;
before(async () => {
  stand = await openS3Stand();
});
after(() => stand.close());

it('the first copy of an object is cut as if nothing were known, the second by the size of the first', async () => {
  const parts: number[] = [];
  stand.fake.rules.meet = ({ operation, key, body }) => {
    const isOfObject = key.includes('large') && operation !== 'CompleteMultipartUpload';
    if (isOfObject && body.length > 0) parts.push(body.length);
    return 'serve';
  };
  stand.site.write({ objects: [OBJECT], param: { 'max-parts': 2 } });
  for (const expected of [[16 * 2 ** 20, 16 * 2 ** 20, 40_000_000 - 32 * 2 ** 20], [40_000_000]]) {
    const { code, stderr } = await stand.run();
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      parts.splice(0).toSorted((a, b) => b - a),
      expected,
    );
  }
  await stand.assertWhole(2);
});
