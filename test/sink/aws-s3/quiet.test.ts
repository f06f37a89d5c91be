/** What Node would say on its own account does not come between the lines of the log. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { fillRoot } from '../../rig/s3/fake/many-copies.js';
import { ROOT } from '../../rig/s3/site.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';

let stand: S3Stand;
before(async () => {
  stand = await openS3Stand();
});
after(() => stand.close());

it('a run with many requests under way at once gets no warning of Node', async () => {
  stand.site.write({ objects: [{ path: 'a', stages: ['echo a'] }] });
  const bucket = stand.fake.buckets.get(stand.bucket);
  assert.ok(bucket);
  fillRoot(bucket, `${ROOT}/`, { copies: 40, objects: 1 });
  const warnings: string[] = [];
  process.on('warning', ({ name }) => warnings.push(name));
  const { code, stderr } = await stand.run();
  assert.equal(code, 0, stderr);
  assert.ok(stand.count('GetObject') >= 40);
  assert.ok(!warnings.includes('MaxListenersExceededWarning'));
});
