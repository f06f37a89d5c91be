/** Objects that end where a part or a volume ends, and uploads that fail or are given up at any of their requests. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Chunk } from '../../../src/host/intake.js';
import { type Store } from '../../../src/sink/aws-s3/bucket/store.js';
import { errorAnswer } from '../../rig/s3/fake/answer.js';
import { type S3Fake, startFake } from '../../rig/s3/fake/fake.js';
import { goodRules } from '../../rig/s3/fake/rules.js';
import { makeBucket, readObject } from '../../rig/s3/server.js';
import { openStore } from '../../rig/s3/store.js';
import { chunkOf, consumerOf, PART_SIZE, take } from '../../rig/s3/upload.js';
import { until } from '../../rig/until.js';

const MAX_PARTS = 2;
const VOLUME = MAX_PARTS * PART_SIZE;

let fake: S3Fake;
let store: Store;
/** The number of calls before the test. */
let from = 0;
before(async () => {
  fake = await startFake();
});
beforeEach(async () => {
  Object.assign(fake.rules, goodRules());
  const bucket = await makeBucket(fake);
  store = await openStore(fake, { bucket, root: 'a' }, { stallMs: 2000, attempts: 2 });
  from = fake.calls.length;
});
after(() => fake.stop());

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** As an intake gives them: the first one is small. */
function* chunksOf(bytes: Buffer): Generator<Buffer> {
  let length = 2 ** 16;
  for (let start = 0; start < bytes.length; start += length, length = 2 ** 20)
    yield bytes.subarray(start, start + length);
}

async function storedBytes(pieces: readonly string[]): Promise<Buffer> {
  return Buffer.concat(await Promise.all(pieces.map((key) => readObject(fake, store.bucket, key))));
}

function callsOf(operation: string): number {
  return fake.calls.slice(from).filter((call) => call.operation === operation).length;
}

function keys(): readonly string[] {
  return [...(fake.buckets.get(store.bucket)?.list('', '') ?? [])].map(([key]) => key);
}

describe('an object', () => {
  for (const [size, volumes, parts] of [
    [0, 1, 0],
    [1, 1, 0],
    [PART_SIZE - 1, 1, 0],
    [PART_SIZE, 1, 0],
    [PART_SIZE + 1, 1, 2],
    [VOLUME - 1, 1, 2],
    [VOLUME, 1, 2],
    [VOLUME + 1, 2, 2],
    [2 * VOLUME, 2, 4],
    [2 * VOLUME + PART_SIZE + 1, 3, 6],
  ] as const) {
    it(`of ${size} bytes is stored as it is, in ${volumes === 1 ? 'one' : `${volumes} volumes`}`, async () => {
      const bytes = randomBytes(size);
      const consumer = consumerOf(store, 'x', MAX_PARTS);
      await take(consumer, chunksOf(bytes));
      assert.deepEqual(keys(), [], 'nothing is there before the verdict');
      const digest = { size, sha256: sha256(bytes) };
      const stored = await consumer.finish(digest);
      const pieces = Array.from({ length: volumes }, (_, index) =>
        index === 0 ? 'x' : `x.palhm-volume-${index + 1}`,
      );
      assert.deepEqual(stored, volumes === 1 ? digest : { ...digest, volumes: pieces });
      assert.ok((await storedBytes(pieces)).equals(bytes));
      assert.deepEqual(keys(), pieces);
      assert.equal(callsOf('UploadPart'), parts);
    });
  }
});

/** Chunks of an object that does not go on after them. */
async function* stall(bytes: Buffer, over: Promise<void>): AsyncGenerator<Chunk> {
  for (const chunk of chunksOf(bytes)) yield chunkOf(chunk);
  await over;
}

describe('an upload', () => {
  for (const [operation, message] of [
    ['CreateMultipartUpload', /^cannot begin to write s3:.*: /],
    ['UploadPart', /^cannot write part 1 of s3:.*: /],
  ] as const) {
    it(`tells at once that ${operation} has failed, while the stages are silent`, async () => {
      fake.rules.meet = (call) =>
        call.operation === operation ? errorAnswer(403, 'AccessDenied') : 'serve';
      const consumer = consumerOf(store, 'x', MAX_PARTS);
      let end = (): void => undefined;
      const over = new Promise<void>((resolve) => {
        end = resolve;
      });
      assert.equal(consumer.into.type, 'chunks');
      if (consumer.into.type !== 'chunks') return;
      const taking = consumer.into.take(stall(randomBytes(PART_SIZE + 1), over));
      await assert.rejects(taking, { code: 'STORE_DENIED', message });
      end();
      await consumer.abort();
      assert.deepEqual(keys(), []);
    });
  }

  it('that is given up has nothing left, whatever was sent', async () => {
    for (const size of [1, PART_SIZE, PART_SIZE + 1, VOLUME + 1]) {
      const consumer = consumerOf(store, 'x', MAX_PARTS);
      await take(consumer, chunksOf(randomBytes(size)));
      await consumer.abort();
      await consumer.abort();
      await assert.rejects(consumer.finish({ size, sha256: '' }));
      assert.deepEqual(keys(), []);
    }
    assert.equal(callsOf('CompleteMultipartUpload'), 0);
    assert.equal(callsOf('PutObject'), 0);
    assert.equal(callsOf('AbortMultipartUpload'), callsOf('CreateMultipartUpload'));
  });

  it('that is given up while it is completed is there or not, and is said to have failed', async () => {
    const consumer = consumerOf(store, 'x', MAX_PARTS);
    const size = PART_SIZE + 1;
    await take(consumer, chunksOf(randomBytes(size)));
    fake.rules.meet = ({ operation }) =>
      operation === 'CompleteMultipartUpload' ? 'hang' : 'serve';
    const finishing = consumer.finish({ size, sha256: '' });
    await until(() => callsOf('CompleteMultipartUpload') !== 0);
    const aborting = consumer.abort();
    await assert.rejects(finishing, { code: 'SINK_UNAVAILABLE' });
    await aborting;
  });

  it('of which the store keeps less than was sent has failed', async () => {
    const consumer = consumerOf(store, 'x', MAX_PARTS);
    const size = PART_SIZE + 1;
    await take(consumer, chunksOf(randomBytes(size)));
    fake.rules.meet = async ({ operation, bucket }) => {
      const object = fake.buckets.get(bucket)?.get('x');
      if (operation !== 'HeadObject' || object === undefined) return 'serve';
      return { status: 200, headers: { 'content-length': '7' }, body: Buffer.alloc(0) };
    };
    await assert.rejects(consumer.finish({ size, sha256: '' }), {
      code: 'SINK_UNAVAILABLE',
      message: new RegExp(`has 7 bytes, ${size} were sent$`),
    });
  });
});
