/** What is asked of a bucket can be given up while it is under way, and asked again. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Sink } from '../../../src/sink/sink.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { goodRules } from '../../rig/s3/fake/rules.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { lockNow, manifestOf, prefixAt, sinkOf, writeObject } from '../../rig/sinks.js';

const PATHS = ['a', 'b', 'c', 'd'];

describe('a bucket that does not answer', () => {
  let fake: S3Fake;
  let bucket: string;
  let sink: Sink;
  before(async () => {
    fake = await startFake();
    bucket = await makeBucket(fake);
    sink = await sinkOf(s3Plan(fake, { bucket, root: 'a', finalStorageClass: 'GLACIER' }));
    const lock = await lockNow(sink);
    const copy = await sink.open(prefixAt(0), { id: 'moved' });
    const written = [];
    for (const path of PATHS) written.push(await writeObject(copy, path, 'echo text'));
    await copy.commit(manifestOf(prefixAt(0), written));
    await lock.release();
  });
  after(async () => {
    await sink.close();
    await fake.stop();
  });
  afterEach(() => {
    Object.assign(fake.rules, goodRules());
  });

  /** Aborts when the request number `count` of the operation comes, which is never answered. */
  function abortAt(operation: string, count: number, reason: Error): AbortSignal {
    const controller = new AbortController();
    let seen = 0;
    fake.rules.meet = (call) => {
      if (call.operation === operation) seen += 1;
      if (call.operation !== operation || seen < count) return 'serve';
      controller.abort(reason);
      return 'hang';
    };
    return controller.signal;
  }

  function classes(): readonly (string | undefined)[] {
    const start = `a/${prefixAt(0).name}/`;
    return PATHS.map((path) => fake.buckets.get(bucket)?.get(start + path)?.storageClass);
  }

  it('is let go in the middle of settling, which goes on when it is asked for again', async () => {
    const reason = new Error('enough');
    const signal = abortAt('CopyObject', 3, reason);
    await assert.rejects(sink.settle(prefixAt(0), signal), (error) => error === reason);
    assert.deepEqual(classes(), ['GLACIER', 'GLACIER', 'STANDARD', 'STANDARD']);
    assert.equal((await sink.list()).copies.length, 1);
    fake.rules.meet = () => 'serve';
    await sink.settle(prefixAt(0), new AbortController().signal);
    assert.deepEqual(classes(), Array(4).fill('GLACIER'));
  });

  for (const [title, operation, ask] of [
    ['listing', 'ListObjectsV2', (signal) => sink.list({ signal })],
    ['tidying up', 'ListObjectsV2', (signal) => sink.tidy(signal)],
    ['the inventory', 'ListObjectsV2', (signal) => sink.stored(prefixAt(0)).inventory(signal)],
  ] as readonly (readonly [string, string, (signal: AbortSignal) => Promise<unknown>])[]) {
    it(`is let go by ${title}`, async () => {
      const reason = new Error(title);
      const signal = abortAt(operation, 1, reason);
      await assert.rejects(ask(signal), (error) => error === reason);
    });
  }

  it('is let go by a removal, of which the rest is tidied up', async () => {
    const [copy] = (await sink.list()).copies;
    assert.ok(copy);
    const reason = new Error('enough');
    const signal = abortAt('DeleteObjects', 1, reason);
    await assert.rejects(sink.remove(copy, signal), (error) => error === reason);
    fake.rules.meet = () => 'serve';
    assert.deepEqual(await sink.list(), { copies: [], strangers: [] });
    assert.equal((await sink.tidy()).length, 1);
    assert.deepEqual([...(fake.buckets.get(bucket)?.list('a/', '') ?? [])], []);
  });
});
