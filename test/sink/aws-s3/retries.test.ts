/** What is asked again, how often, and after what time. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Store } from '../../../src/sink/aws-s3/bucket/store.js';
import { readText, writeText } from '../../../src/sink/aws-s3/bucket/texts.js';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import type { Meeting } from '../../rig/s3/fake/rules.js';
import { makeBucket } from '../../rig/s3/server.js';
import { openStore } from '../../rig/s3/store.js';

const ATTEMPTS = 4;
const STALL_MS = 300;

describe('a request that fails', () => {
  let fake: S3Fake;
  let store: Store;
  before(async () => {
    fake = await startFake();
  });
  beforeEach(async () => {
    fake.rules.meet = () => 'serve';
    const bucket = await makeBucket(fake);
    store = await openStore(fake, { bucket, root: 'a' }, { stallMs: STALL_MS, attempts: ATTEMPTS });
  });
  after(() => fake.stop());

  /** When each attempt of these writes came, by key. */
  async function timesOf(keys: readonly string[]): Promise<readonly (readonly number[])[]> {
    const from = fake.calls.length;
    await Promise.allSettled(keys.map((key) => writeText(store, key, 'text')));
    const calls = fake.calls.slice(from);
    return keys.map((name) => calls.filter(({ key }) => key === name).map(({ at }) => at));
  }

  for (const [title, meeting] of [
    ['an error of the store', errorAnswer(500, 'InternalError')],
    ['a store that is too busy', errorAnswer(503, 'SlowDown')],
    ['too many requests', errorAnswer(429, 'TooManyRequests')],
    ['a lost connection', 'lose'],
    ['a connection that carries nothing', 'hang'],
  ] satisfies [string, Meeting][]) {
    it(`is repeated after ${title}, no more often and no longer than it may be`, async () => {
      fake.rules.meet = () => meeting;
      const [times = []] = await timesOf(['a/x']);
      assert.equal(times.length, ATTEMPTS);
      const total = (times.at(-1) ?? 0) - (times[0] ?? 0);
      // The SDK's waits at most double, from 0.1 s, or from 1 s for a busy store.
      assert.ok(total < 8000 + ATTEMPTS * STALL_MS, `${total} ms`);
    });
  }

  it('is repeated no more often when it reads a text', async () => {
    fake.rules.meet = () => 'lose';
    const from = fake.calls.length;
    await assert.rejects(readText(store, 'a/x'), { code: 'SINK_UNAVAILABLE' });
    assert.equal(fake.calls.length - from, ATTEMPTS);
  });

  it('waits for a time that nobody else waits too', async () => {
    fake.rules.meet = () => errorAnswer(500, 'InternalError');
    const all = await timesOf(Array.from({ length: 12 }, (_, index) => `a/${index}`));
    const waits = all.map(([first = 0, second = 0]) => second - first);
    const [shortest, longest] = [Math.min(...waits), Math.max(...waits)];
    assert.ok(longest - shortest > 20, `from ${shortest} to ${longest} ms`);
  });

  it('ends well as soon as the store does', async () => {
    for (let failures = 1; failures < ATTEMPTS; failures++) {
      let left = failures;
      fake.rules.meet = () => {
        left -= 1;
        return left < 0 ? 'serve' : errorAnswer(500, 'InternalError');
      };
      await writeText(store, `a/${failures}`, 'text');
      assert.equal((await readText(store, `a/${failures}`))?.text, 'text');
    }
  });

  for (const [status, code] of [
    [403, 'AccessDenied'],
    [404, 'NoSuchBucket'],
    [400, 'InvalidRequest'],
    [412, 'PreconditionFailed'],
    [501, 'NotImplemented'],
    [400, 'ExpiredToken'],
  ] as const) {
    it(`is not repeated after ${status} ${code}`, async () => {
      fake.rules.meet = () => errorAnswer(status, code);
      const [times] = await timesOf(['a/x']);
      assert.equal(times?.length, 1);
    });
  }
});
