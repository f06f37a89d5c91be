import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { createHashPool } from '../../../src/sink/localfs/hash/hash-pool.js';
import { countThreads } from '../../rig/processes.js';
import { makeScratch } from '../../rig/scratch.js';

const base = makeScratch();

interface Pair {
  readonly write: FileHandle;
  readonly read: FileHandle;
  readonly fds: { readonly readFd: number; readonly writeFd: number };
}

async function openPair(name: string): Promise<Pair> {
  const write = await open(join(base, name), 'wx');
  const read = await open(join(base, name), 'r');
  return { write, read, fds: { readFd: read.fd, writeFd: write.fd } };
}

async function close({ write, read }: Pair): Promise<void> {
  await write.close();
  await read.close();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

it('hashes many files on at most two threads, which end with the pool', async () => {
  const threads = await countThreads();
  const pool = createHashPool();
  const pairs = await Promise.all(
    Array.from({ length: 9 }, (_, index) => openPair(`many${index}`)),
  );
  const followed = pairs.map(({ fds }) => pool.follow(fds));
  for (const [index, { write }] of pairs.entries()) await write.write(`text ${index}`);
  const digests = await Promise.all(followed.map((following) => following.finish()));
  assert.deepEqual(
    digests,
    pairs.map((_, index) => ({ size: 6, sha256: sha256(`text ${index}`) })),
  );
  assert.ok((await countThreads()) <= threads + 2);
  await pool.close();
  assert.equal(await countThreads(), threads);
  await Promise.all(pairs.map(close));
});

it('a file that cannot be read fails alone', async () => {
  const pool = createHashPool();
  const good = await openPair('good');
  const bad = await openPair('bad');
  const following = pool.follow({ readFd: bad.write.fd, writeFd: bad.write.fd });
  const other = pool.follow(good.fds);
  await good.write.write('good');
  await assert.rejects(following.finish(), { code: 'SINK_UNAVAILABLE', message: /EBADF/ });
  await following.drop();
  assert.equal((await other.finish()).sha256, sha256('good'));
  await pool.close();
  await Promise.all([good, bad].map(close));
});

it('a thread that dies fails its files instead of leaving them waiting', async () => {
  const pool = createHashPool();
  const pair = await openPair('orphan');
  const following = pool.follow(pair.fds);
  await pool.close();
  await assert.rejects(following.finish(), /ended before its time/);
  await following.drop();
  await close(pair);
});

it('a dropped file is left alone from then on', async () => {
  const pool = createHashPool();
  const pair = await openPair('dropped');
  const following = pool.follow(pair.fds);
  await pair.write.write('x');
  await following.drop();
  await following.drop();
  await close(pair);
  await pool.close();
});
