/** The lock of a bucket over time, which is the store's and can be moved here. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { takeBucketLock } from '../../../src/sink/aws-s3/lock/bucket-lock.js';
import { keysBelow } from '../../rig/s3/bucket.js';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import type { Meeting } from '../../rig/s3/fake/rules.js';
import { makeBucket } from '../../rig/s3/server.js';
import { LOCK_REQUEST, openStore } from '../../rig/s3/store.js';

const ROOT = 'a';
const KEY = `${ROOT}/.palhm-lock`;
const RENEW_EVERY_MS = 10;
/** A clock that is five minutes off would make the SDK ask again after every refusal. */
const EXPIRY_MS = 20_000;

describe('the lock of a bucket', () => {
  let fake: S3Fake;
  let bucket: string;
  before(async () => {
    fake = await startFake();
  });
  beforeEach(async () => {
    bucket = await makeBucket(fake);
    fake.rules.aheadMs = 0;
    fake.rules.meet = () => 'serve';
  });
  after(() => fake.stop());

  const take = async (hostLock: string, renewEveryMs = 1e6) =>
    takeBucketLock(
      await openStore(fake, { bucket, root: ROOT }),
      { hostLock, expiryMs: EXPIRY_MS, renewEveryMs },
      LOCK_REQUEST,
    );

  /** Resolves when the lock has been written `count` times from now. */
  function renewals(count: number): Promise<void> {
    let left = count;
    return new Promise((resolve) => {
      fake.rules.meet = ({ operation, key }) => {
        if (operation === 'PutObject' && key === KEY) left -= 1;
        if (left === 0) resolve();
        return 'serve';
      };
    });
  }

  it('is never taken from a holder that renews it', async () => {
    const lock = await take('host one', RENEW_EVERY_MS);
    for (let round = 0; round < 10; round++) {
      fake.rules.aheadMs += EXPIRY_MS / 3;
      await renewals(2);
      await assert.rejects(take('host two'), { code: 'LOCKED' });
    }
    assert.equal(await lock.confirm(), true);
    await lock.release();
    assert.deepEqual(await keysBelow(fake, bucket, ''), []);
  });

  it('is taken from one that was frozen, which then knows that it has lost', async () => {
    const frozen = await take('host one');
    fake.rules.aheadMs += EXPIRY_MS - 5000;
    await assert.rejects(take('host two'), { code: 'LOCKED' });
    fake.rules.aheadMs += 10_000;
    const heir = await take('host two');
    assert.equal(await frozen.confirm(), false);
    assert.equal(await frozen.confirmIfDoubtful(), false);
    await frozen.release();
    assert.equal(await heir.confirm(), true);
    assert.deepEqual(await keysBelow(fake, bucket, ''), [KEY]);
    await heir.release();
  });

  it('stays with one that was frozen and that nobody has noticed', async () => {
    const lock = await take('host one');
    fake.rules.aheadMs += EXPIRY_MS * 10;
    assert.equal(await lock.confirm(), true);
    await assert.rejects(take('host two'), { code: 'LOCKED' });
    await lock.release();
    assert.deepEqual(await keysBelow(fake, bucket, ''), []);
  });

  it('has at most one holder, however a late renewal and its heirs fall together', async () => {
    for (let round = 0; round < 8; round++) {
      const frozen = await take(`host ${round}`);
      fake.rules.aheadMs += EXPIRY_MS + 2000;
      const heirs = Promise.allSettled([take('heir one'), take('heir two')]);
      const isKept = await frozen.confirm();
      const taken = (await heirs).flatMap((heir) =>
        heir.status === 'fulfilled' ? heir.value : [],
      );
      const confirmed = await Promise.all(taken.map((heir) => heir.confirm()));
      const holders = Number(isKept && (await frozen.confirm())) + confirmed.filter(Boolean).length;
      assert.equal(holders, 1, `round ${round}`);
      for (const lock of [frozen, ...taken]) await lock.release();
      assert.deepEqual(await keysBelow(fake, bucket, ''), []);
    }
  });

  it('is lost when another takes it over between the look and the write of a late renewal', async () => {
    const frozen = await take('host one');
    fake.rules.aheadMs += EXPIRY_MS + 2000;
    const heirs: Awaited<ReturnType<typeof take>>[] = [];
    fake.rules.meet = async ({ operation }): Promise<Meeting> => {
      if (operation !== 'PutObject') return 'serve';
      fake.rules.meet = () => 'serve';
      heirs.push(await take('host two'));
      return 'serve';
    };
    assert.equal(await frozen.confirm(), false);
    assert.equal(await heirs[0]?.confirm(), true);
    await heirs[0]?.release();
    assert.deepEqual(await keysBelow(fake, bucket, ''), []);
  });

  it('is lost to who was so slow to renew it that another may have it by now', async () => {
    const slow = await take('host one');
    fake.rules.meet = ({ operation, key }) => {
      if (operation === 'PutObject' && key === KEY) fake.rules.aheadMs += EXPIRY_MS;
      return 'serve';
    };
    assert.equal(await slow.confirm(), false);
    fake.rules.meet = () => 'serve';
    assert.equal(await slow.confirm(), false);
    await slow.release();
  });

  it('is given back when the claims to it cannot be listed', async () => {
    fake.rules.meet = ({ operation }) =>
      operation === 'ListObjectsV2' ? errorAnswer(403, 'AccessDenied') : 'serve';
    await assert.rejects(take('host one'), { code: 'STORE_DENIED' });
    fake.rules.meet = () => 'serve';
    assert.deepEqual(await keysBelow(fake, bucket, ''), []);
  });

  it('asks the store only when in doubt', async () => {
    const lock = await take('host one');
    const asked = fake.calls.length;
    assert.equal(await lock.confirmIfDoubtful(), true);
    assert.equal(fake.calls.length, asked);
    await lock.release();
  });

  it('is taken though every answer to a conditional put is lost once', async () => {
    const lost = new Set<string>();
    fake.rules.meet = ({ header, key }) => {
      if (header('if-none-match') === undefined || lost.has(key)) return 'serve';
      lost.add(key);
      return 'lose';
    };
    const lock = await take('host one');
    assert.deepEqual([...lost], [KEY]);
    assert.equal(await lock.confirm(), true);
    await lock.release();
  });

  for (const conditions of ['ignored', 'refused'] as const) {
    it(`is taken, and said to protect less, where conditions are ${conditions}`, async () => {
      fake.rules.conditions = conditions;
      try {
        const lock = await take('host one');
        assert.equal(lock.isArbitrated, false);
        assert.equal(await lock.confirm(), true);
        await lock.release();
        assert.deepEqual(await keysBelow(fake, bucket, ''), []);
      } finally {
        fake.rules.conditions = 'kept';
      }
    });
  }

  it('is refused to a second host by a store that refuses conditions', async () => {
    fake.rules.conditions = 'refused';
    try {
      const lock = await take('host one');
      await assert.rejects(take('host two'), { code: 'LOCKED' });
      await lock.release();
    } finally {
      fake.rules.conditions = 'kept';
    }
  });
});
