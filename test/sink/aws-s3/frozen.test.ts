/** A run that is frozen for longer than its lock lasts, while another host takes its root over. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Store } from '../../../src/sink/aws-s3/bucket/store.js';
import { takeBucketLock } from '../../../src/sink/aws-s3/lock/bucket-lock.js';
import { removeBelow } from '../../../src/sink/aws-s3/marker.js';
import { type RunningPalhm, startPalhm } from '../../rig/palhm.js';
import { openRig, type Rig } from '../../rig/rig.js';
import { keysBelow, uploadsIn } from '../../rig/s3/bucket.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket } from '../../rig/s3/server.js';
import { makeS3Site, ROOT, type S3Site } from '../../rig/s3/site.js';
import { LOCK_REQUEST, openStore } from '../../rig/s3/store.js';

const AFTER_EXPIRY_MS = 200_000;
const LOCK = `${ROOT}/.palhm-lock`;

describe('a run that is frozen', () => {
  let fake: S3Fake;
  let rig: Rig;
  let bucket: string;
  let site: S3Site;
  let store: Store;
  before(async () => {
    fake = await startFake();
  });
  beforeEach(async () => {
    rig = await openRig();
    fake.rules.aheadMs = 0;
    bucket = await makeBucket(fake);
    site = makeS3Site(fake, bucket);
    store = await openStore(fake, { bucket, root: ROOT });
  });
  afterEach(() => {
    rig.close();
    site.remove();
  });
  after(() => fake.stop());

  /** Runs into its one object, whose stage waits; then time passes, for the store and for others. */
  async function freeze(): Promise<RunningPalhm> {
    const stage = rig.argv('stage').map((word) => `'${word}'`);
    site.write({ objects: [{ path: 'o', stages: [`exec ${stage.join(' ')}`] }] });
    const run = startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']);
    await rig.invoked('stage');
    run.child.kill('SIGSTOP');
    fake.rules.aheadMs = AFTER_EXPIRY_MS;
    return run;
  }

  async function thaw(run: RunningPalhm): Promise<void> {
    run.child.kill('SIGCONT');
    const stage = await rig.invoked('stage');
    await stage.tell({ do: 'print', text: 'late' });
    await stage.end({ do: 'exit', code: 0 });
  }

  const openBase = async (): Promise<string> => {
    const marker = (await keysBelow(fake, bucket, ROOT)).find((key) => key.endsWith('-open'));
    assert.ok(marker);
    return marker.slice(0, marker.lastIndexOf('/') + 1);
  };

  for (const isSwept of [true, false]) {
    it(`commits nothing when another host has taken over and ${isSwept ? 'swept' : 'not swept yet'}`, async () => {
      const run = await freeze();
      const base = await openBase();
      const heir = await takeBucketLock(store, { hostLock: 'another host' }, LOCK_REQUEST);
      if (isSwept) await removeBelow(store, base, 'sweep');
      await thaw(run);
      const { code, stderr } = await run.ended;
      assert.equal(code, 1, stderr);
      assert.match(stderr, /another took over/);
      assert.deepEqual(await keysBelow(fake, bucket, ''), [LOCK]);
      assert.deepEqual(await uploadsIn(fake, bucket), []);
      assert.equal(await heir.confirm(), true);
      await heir.release();
    });
  }

  it('removes what it wrote after the other host had swept its copy', async () => {
    const run = await freeze();
    const base = await openBase();
    // Its object is on its way when the other takes over: that is noticed at the commit.
    let heir: Promise<unknown> | undefined;
    fake.rules.meet = ({ operation, key }) => {
      if (operation === 'PutObject' && key === `${base}o`) {
        heir = takeBucketLock(store, { hostLock: 'another host' }, LOCK_REQUEST);
        fake.buckets.get(bucket)?.delete(`${base}.palhm-open`);
        fake.buckets.get(bucket)?.delete(LOCK);
        fake.rules.meet = () => 'serve';
      }
      return 'serve';
    };
    await thaw(run);
    const { code, stderr } = await run.ended;
    assert.equal(code, 1, stderr);
    await heir;
    assert.deepEqual(await keysBelow(fake, bucket, ''), [LOCK]);
  });

  it('ends well when nobody took over', async () => {
    const run = await freeze();
    await thaw(run);
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    const keys = await keysBelow(fake, bucket, ROOT);
    assert.deepEqual(
      keys.map((key) => key.split('/').at(-1)),
      ['.palhm-manifest.json', 'o'],
    );
  });
});
