import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { createPartBuffers } from '../../../src/sink/aws-s3/upload/part-buffers.js';
import { createPartHashes, type OpenHash } from '../../../src/sink/aws-s3/upload/part-hashes.js';

const PART = 300_000;
const PROOFS = { sha256: true, crc32: true };

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function crc(bytes: Buffer): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

/** Writes the bytes as an object is written: in pieces, into parts. Returns what is said of it. */
async function hashAll(hash: OpenHash, bytes: Buffer): Promise<readonly unknown[]> {
  const buffers = createPartBuffers();
  const sealed = [];
  for (let start = 0; start < bytes.length; start += PART) {
    const part = buffers.take(PART).subarray(0, bytes.length - start);
    for (let at = 0; at < part.length; at += 65_536) {
      const count = bytes.copy(part, at, start + at, start + Math.min(at + 65_536, part.length));
      hash.arrived(part.subarray(at, at + count));
    }
    sealed.push(hash.seal(part));
  }
  const parts = (await Promise.all(sealed)).map((part) => [part.sha256, part.crc32]);
  return [parts, await hash.digest()];
}

function expect(bytes: Buffer): readonly unknown[] {
  const parts = Array.from({ length: Math.ceil(bytes.length / PART) }, (_, index) =>
    bytes.subarray(index * PART, (index + 1) * PART),
  );
  return [parts.map((part) => [sha256(part), crc(part)]), sha256(bytes)];
}

describe('the hashes of parts', () => {
  const hashes = createPartHashes();
  after(() => hashes.close());

  it('are those of the bytes, for one object and for several at once', async () => {
    const objects = [1, 0, PART, 3 * PART + 1, 5 * PART].map((size) => randomBytes(size));
    const said = objects.map((bytes) => hashAll(hashes.open(PROOFS), bytes));
    assert.deepEqual(await Promise.all(said), objects.map(expect));
  });

  it('are left out when nobody asks for them', async () => {
    const hash = hashes.open({ sha256: false, crc32: false });
    const bytes = Buffer.from('x');
    assert.deepEqual(Object.keys(await hash.seal(bytes)), ['bytes']);
    assert.equal(await hash.digest(), sha256(bytes));
  });

  it('fail, and do not hang, when the thread has ended', async () => {
    const doomed = createPartHashes({ spareMainThread: true });
    const hash = doomed.open(PROOFS);
    await hash.seal(Buffer.alloc(1));
    await doomed.close();
    await assert.rejects(hash.seal(Buffer.alloc(1)), /ended before its time/);
  });
});
