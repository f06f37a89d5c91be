/** Writes one object as a backup does, without an intake. */
import assert from 'node:assert/strict';
import type { Chunk } from '../../../src/host/intake.js';
import type { Store } from '../../../src/sink/aws-s3/bucket/store.js';
import { createConsumer } from '../../../src/sink/aws-s3/upload/object-consumer.js';
import type { ObjectConsumer, StoredObject } from '../../../src/sink/sink.js';

export const PART_SIZE = 5 * 2 ** 20;
const SHAPE = { partSize: PART_SIZE, queueSize: 2 };

export function consumerOf(store: Store, key: string, maxParts = 10_000): ObjectConsumer {
  const target = { store, key, storageClass: undefined };
  return createConsumer({ path: key, target, sizes: { ...SHAPE, maxParts, further: SHAPE } });
}

export async function take(consumer: ObjectConsumer, chunks: Iterable<Uint8Array>): Promise<void> {
  assert.equal(consumer.into.type, 'chunks');
  if (consumer.into.type === 'chunks') await consumer.into.take(iterate(chunks));
}

async function* iterate(chunks: Iterable<Uint8Array>): AsyncGenerator<Chunk> {
  for (const chunk of chunks) yield chunkOf(chunk);
}

/** A copy of the bytes, of which nothing is left once it is given back. */
export function chunkOf(original: Uint8Array): Chunk {
  const bytes = new Uint8Array(original);
  return { bytes, giveBack: () => void bytes.fill(0xff) };
}

export async function upload(store: Store, key: string, size: number): Promise<StoredObject> {
  const consumer = consumerOf(store, key);
  await take(consumer, [Buffer.alloc(size)]);
  return await consumer.finish({ size, sha256: '' });
}
