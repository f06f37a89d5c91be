/** One manifest in a bucket that cannot be fetched is one stranger; a store that cannot be asked fails the listing. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { createS3Sink } from '../../../src/sink/aws-s3/s3-sink.js';
import type { Sink } from '../../../src/sink/sink.js';
import { type Answer, errorAnswer } from '../../rig/s3/fake/answer.js';
import type { Call } from '../../rig/s3/fake/call.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { fillRoot } from '../../rig/s3/fake/many-copies.js';
import { goodRules } from '../../rig/s3/fake/rules.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { contextOf, prefixAt } from '../../rig/sinks.js';

const [GOOD, BAD] = [prefixAt(0), prefixAt(1)];
const MANIFEST = `a/${BAD.name}/.palhm-manifest.json`;
const RECORD = `a/${BAD.name}/.palhm-verify.json`;

describe('a manifest that cannot be fetched', () => {
  let fake: S3Fake;
  let sink: Sink;
  before(async () => {
    fake = await startFake();
  });
  after(() => fake.stop());
  beforeEach(async () => {
    Object.assign(fake.rules, goodRules());
    const bucket = await makeBucket(fake);
    const root = fake.buckets.get(bucket);
    assert.ok(root);
    fillRoot(root, 'a/', { copies: 2, objects: 1 });
    root.put(RECORD, root.get(MANIFEST) ?? assert.fail());
    const patience = { stallMs: 2000, attempts: 1 };
    sink = await createS3Sink(s3Plan(fake, { bucket, root: 'a' }), contextOf(), patience);
  });

  afterEach(() => sink.close());

  function answerFor(isIt: (call: Call) => boolean, answer: Answer): void {
    fake.rules.meet = (call) => (isIt(call) ? answer : 'serve');
  }

  const isManifest = ({ operation, key }: Call): boolean =>
    operation === 'GetObject' && key === MANIFEST;

  const cases: readonly (readonly [
    what: string,
    Answer,
    why: RegExp,
    flag: 'unread' | 'damaged',
  ])[] = [
    ['403', errorAnswer(403, 'AccessDenied'), /AccessDenied/, 'unread'],
    ['archived', errorAnswer(403, 'InvalidObjectState'), /InvalidObjectState/, 'unread'],
    ['404, but listed', errorAnswer(404, 'NoSuchKey'), /says that there is none/, 'unread'],
    ['404 of another kind', errorAnswer(404, 'NoSuchVersion'), /NoSuchVersion/, 'unread'],
    ['its key is disabled', errorAnswer(400, 'KMS.DisabledException'), /KMS/, 'unread'],
    ['500 for ever', errorAnswer(500, 'InternalError'), /InternalError/, 'unread'],
    [
      'another checksum',
      { status: 200, headers: { 'x-amz-checksum-crc32': 'AAAAAA==' }, body: 'rotten' },
      /Checksum mismatch/,
      'damaged',
    ],
  ];
  for (const [what, answer, why, flag] of cases)
    it(`is one stranger: ${what}`, async () => {
      answerFor(isManifest, answer);
      for (const request of [{}, { newest: { now: prefixAt(9).micros / 1000 } }]) {
        const { copies, strangers } = await sink.list(request);
        assert.deepEqual(
          copies.map(({ prefix }) => prefix),
          [GOOD],
        );
        const [stranger, ...others] = strangers;
        assert.deepEqual([stranger?.name, stranger?.[flag], others], [BAD.name, true, []]);
        assert.match(stranger?.why ?? '', why);
      }
    });

  it('is damaged when what the store sends has another checksum than the store says', async () => {
    const headers = { 'x-amz-checksum-crc32': 'AAAAAA==' };
    answerFor(isManifest, { status: 200, headers, body: 'rotten' });
    await assert.rejects(sink.stored(BAD).manifest(), { code: 'COPY_DAMAGED' });
  });

  it('and a record is one that is not there', async () => {
    answerFor(({ key }) => key === RECORD, errorAnswer(403, 'AccessDenied'));
    const { copies } = await sink.list();
    assert.deepEqual(
      copies.map(({ prefix, records }) => [prefix, records.verify]),
      [
        [GOOD, undefined],
        [BAD, undefined],
      ],
    );
  });

  for (const [what, answer, code] of [
    ['another key', errorAnswer(403, 'InvalidAccessKeyId'), 'STORE_WRONG_KEY'],
    ['old credentials', errorAnswer(400, 'ExpiredToken'), 'STORE_CREDENTIALS_EXPIRED'],
    ['no time', errorAnswer(503, 'SlowDown'), 'SINK_UNAVAILABLE'],
    ['no answer', 'lose', 'SINK_UNAVAILABLE'],
  ] as const)
    it(`is the failure of the listing when the store says of it: ${what}`, async () => {
      fake.rules.meet = (call) => (isManifest(call) ? answer : 'serve');
      await assert.rejects(sink.list(), { code });
    });

  it('is the failure of the listing when nothing else can be asked either', async () => {
    const denied = errorAnswer(403, 'AccessDenied');
    let asked = 0;
    fake.rules.meet = ({ operation }) => {
      if (operation === 'GetObject') asked += 1;
      return asked > 0 ? denied : 'serve';
    };
    await assert.rejects(sink.list(), { code: 'STORE_DENIED' });
  });
});
