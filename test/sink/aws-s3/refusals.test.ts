/** What a store refuses, and what palhm makes of it: each its own error, none asked for again that cannot change. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import { openS3Stand, type S3Stand } from '../../rig/s3/stand.js';

const SMALL = [{ path: 'a', stages: ['echo 1'] }];

describe('a store that refuses', () => {
  let stand: S3Stand;
  beforeEach(async () => {
    stand = await openS3Stand();
    stand.site.write({ objects: SMALL });
  });
  afterEach(() => stand.close());

  async function assertRefused(expected: RegExp): Promise<void> {
    const asked = stand.fake.calls.length;
    const { code, stderr } = await stand.run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, expected);
    assert.equal(stand.fake.calls.length - asked, 1, 'asked once');
  }

  for (const wrongRegion of ['malformed', 'redirect'] as const) {
    it(`says that the region is wrong: ${wrongRegion}`, async () => {
      stand.fake.rules.wrongRegion = wrongRegion;
      stand.fake.rules.region = 'eu-central-1';
      await assertRefused(/STORE_WRONG_REGION[\s\S]*set "region" to "eu-central-1"/);
      stand.site.write({ objects: SMALL, param: { region: 'eu-central-1' } });
      const { code, stderr } = await stand.run();
      assert.equal(code, 0, stderr);
    });
  }

  for (const [status, name, expected] of [
    [400, 'ExpiredToken', /STORE_CREDENTIALS_EXPIRED[\s\S]*aws sso login/],
    [403, 'AccessDenied', /STORE_DENIED[\s\S]*doc\/s3.md/],
    [403, 'SignatureDoesNotMatch', /STORE_WRONG_KEY[\s\S]*access key/],
    [404, 'NoSuchBucket', /STORE_NO_BUCKET/],
    [400, 'InvalidStorageClass', /SINK_UNAVAILABLE[\s\S]*storage class/],
  ] as const) {
    it(`says what is wrong at once: ${name}`, async () => {
      stand.fake.rules.meet = () => errorAnswer(status, name);
      await assertRefused(expected);
    });
  }

  it('works though the clocks are hours apart, as long as the store says what time it is', async () => {
    stand.fake.rules.aheadMs = 3 * 3600_000;
    const { code, stderr } = await stand.run();
    assert.equal(code, 0, stderr);
    stand.fake.rules.aheadMs = 0;
    await stand.assertWhole(1);
  });

  it('says that the clock is wrong when the store never takes it', async () => {
    stand.fake.rules.meet = () => errorAnswer(403, 'RequestTimeTooSkewed');
    const { code, stderr } = await stand.run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /STORE_CLOCK_SKEWED[\s\S]*timedatectl/);
  });

  it('tells of what the store refuses in the middle, not of the stage that it broke', async () => {
    const objects = [{ path: 'large', stages: ['head -c 60000000 /dev/zero', 'cat'] }];
    stand.site.write({ objects, param: { 'part-size': '5 MiB' } });
    stand.fake.rules.meet = ({ operation, query }) =>
      operation === 'UploadPart' && Number(query.get('partNumber')) >= 3
        ? errorAnswer(400, 'ExpiredToken')
        : 'serve';
    const { code, stderr } = await stand.run();
    assert.equal(code, 1, stderr);
    assert.match(stderr, /STORE_CREDENTIALS_EXPIRED/);
    await stand.assertWhole(0);
  });
});
