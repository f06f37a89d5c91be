/** A run that is stopped while its store does not answer any more: it ends all the same, and the next run clears up. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import type { Call } from '../../rig/s3/fake/call.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';

const PUT = (end: string) => (call: Call) =>
  call.operation === 'PutObject' && call.key.endsWith(end);
const IS = (operation: string) => (call: Call) => call.operation === operation;

/** In the order in which a run sends them first. */
const REQUESTS: Readonly<Record<string, (call: Call) => boolean>> = {
  'the root is locked': PUT('.palhm-lock'),
  'the root is listed': IS('ListObjectsV2'),
  'the copy is opened': PUT('.palhm-open'),
  'a small object is written': PUT('/small'),
  'an upload is begun': IS('CreateMultipartUpload'),
  'a part is sent': IS('UploadPart'),
  'an upload is completed': IS('CompleteMultipartUpload'),
  'an object is looked at': IS('HeadObject'),
  'uploads are listed before the commit': IS('ListMultipartUploads'),
  'the manifest is written': PUT('.palhm-manifest.json'),
};

/** Of the bound that the stand sets, 300 ms, and of a busy machine; the SDK itself tries for minutes. */
const SOON_MS = 5000;

describe('a store that answers no more when a run is stopped', () => {
  let stand: S3Stand;
  before(async () => {
    stand = await openS3Stand();
    stand.site.write({
      objects: [
        { path: 'large', stages: ['head -c 6000000 /dev/zero'] },
        { path: 'small', stages: ['echo small'] },
      ],
      param: { 'part-size': '5 MiB', 'nb-copy-limit': 1 },
    });
    assert.equal((await stand.run()).code, 0);
  });
  after(() => stand.close());

  for (const [title, isMeant] of Object.entries(REQUESTS)) {
    it(`while ${title}: the run ends soon, and the next one clears up`, async () => {
      const stop = new AbortController();
      stand.fake.rules.meet = (call) => {
        if (!stop.signal.aborted && isMeant(call))
          stop.abort(new Failure({ code: 'TERMINATED', message: 'stopped by SIGTERM' }));
        return stop.signal.aborted ? 'hang' : 'serve';
      };
      const startedAt = performance.now();
      assert.equal(await stand.runImpatiently(stop.signal), 143);
      assert.ok(performance.now() - startedAt < SOON_MS, `${performance.now() - startedAt} ms`);
      stand.fake.rules.meet = () => 'serve';
      const { code, stderr } = await stand.run();
      assert.equal(code, 0, stderr);
      await stand.assertWhole(1);
    });
  }
});
