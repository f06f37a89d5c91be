/**
 * palhm is killed at every single request of a run, once before the store has done it and once after, and told to stop at
 * every one. It runs on the fake, which alone can stop at a request: test/system/s3-kill.test.ts does it at random on Ceph.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';
import { runPalhm, startPalhm } from '../rig/palhm.js';
import { openS3Stand, type S3Stand } from '../rig/s3/stand.js';
import type { TestObject } from '../rig/site.js';

const COPY_LIMIT = 2;
const OBJECTS: readonly TestObject[] = [
  { path: 'large', stages: ['head -c 12000000 /dev/urandom', 'cat'] },
  { path: 'small', stages: ['echo small'] },
];

describe('a run that ends at any request', () => {
  let stand: S3Stand;
  let requests: number;
  before(async () => {
    stand = await openS3Stand();
  });
  beforeEach(async () => {
    const param = { 'nb-copy-limit': COPY_LIMIT, 'part-size': '5 MiB' };
    stand.site.write({ objects: OBJECTS, param });
    for (let round = 0; round <= COPY_LIMIT; round++) {
      const asked = stand.fake.calls.length;
      assert.equal((await stand.run()).code, 0);
      requests = stand.fake.calls.length - asked;
    }
  });
  after(() => stand.close());

  /** Runs, and sends the signal at request number `at`. */
  async function runUntil(
    at: number,
    { signal, done }: { readonly signal: NodeJS.Signals; readonly done: boolean },
  ): Promise<{ readonly code: number | null; readonly stderr: string; readonly what: string }> {
    const first = stand.fake.calls.length;
    const run = startPalhm(['-f', stand.site.config, 'run', 'backup']);
    let what = 'its end';
    stand.fake.rules.meet = async ({ operation, key }, number) => {
      if (number - first !== at) return 'serve';
      what = `request ${at}, ${operation} ${key}`;
      run.child.kill(signal);
      if (signal !== 'SIGKILL') return 'serve';
      if (run.child.exitCode === null && run.child.signalCode === null)
        await once(run.child, 'exit');
      return done ? 'lose' : 'hang';
    };
    const { code, stderr } = await run.ended;
    stand.fake.rules.meet = () => 'serve';
    return { code, stderr, what };
  }

  for (const done of [false, true]) {
    it(`killed ${done ? 'after' : 'before'} the store has done it: only whole copies, none lost`, async () => {
      let listed = await stand.listWhole();
      for (let at = 1; at <= requests; at++) {
        const { what } = await runUntil(at, { signal: 'SIGKILL', done });
        const now = await stand.listWhole();
        const gone = listed.filter((prefix) => !now.includes(prefix));
        assert.deepEqual(gone, listed.slice(0, gone.length), `${what}: only the oldest may go`);
        assert.ok(now.length >= COPY_LIMIT, `${what}: ${now.length} copies are left`);
        listed = now;
      }
      const { code, stderr } = await stand.run();
      assert.equal(code, 0, stderr);
      await stand.assertWhole(COPY_LIMIT);
    });
  }

  it('told to stop: whole or not at all, and nothing is left the moment it exits', async () => {
    let stopped = 0;
    for (let at = 1; at <= requests; at++) {
      const { code, stderr, what } = await runUntil(at, { signal: 'SIGTERM', done: true });
      const bucket = stand.fake.buckets.get(stand.bucket);
      const keys = [...(bucket?.list('', '') ?? [])].map(([key]) => key);
      const remains = keys.filter((key) => /palhm-(open|lock)/.test(key));
      assert.deepEqual([...(bucket?.uploads.values() ?? [])], [], what);
      assert.deepEqual(remains, [], what);
      assert.ok(code === 143 || code === 0 || code === 3, `${what}: ${code} ${stderr}`);
      if (code === 143) stopped += 1;
      const listed = await stand.listWhole();
      assert.ok(listed.length >= COPY_LIMIT, what);
    }
    // What comes after the commit is finished.
    assert.ok(stopped > requests / 3, `${stopped} of ${requests}`);
    // Rotation was stopped again and again: so many copies at once need a yes.
    const rotated = await runPalhm(['-f', stand.site.config, 'rotate', 'backup', '--yes']);
    assert.equal(rotated.code, 0, rotated.stderr);
    assert.equal((await stand.run()).code, 0);
    await stand.assertWhole(COPY_LIMIT);
  });
});
