/** The part of the contract that is about reading what is stored. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, before, it } from 'node:test';
import type { Prefix } from '../../src/copy/prefix.js';

import type { ObjectReader, Sink, StoredCopy } from '../../src/sink/sink.js';
import { renderVerifyRecord } from '../../src/wire/records.js';
import { countDescriptors } from '../rig/processes.js';
import { manifestOf, prefixAt, writeObject } from '../rig/sinks.js';
import { openLocked, type SinkRig } from './contract-rig.js';

const SIZE = 20 * 1024 * 1024;
const LARGE = `head -c ${SIZE} /dev/zero | openssl enc -aes-128-ctr -pass pass:x -nosalt 2>/dev/null`;
const RECORD = {
  at: '2022-05-02T00:00:00.000Z',
  host: 'host.example',
  result: 'whole',
  depth: 'stored',
  read: 2,
  of: 2,
  problems: [],
  undecoded: { at: '2022-05-03T00:00:00.000Z', host: 'other.example', problems: ['no key'] },
} as const;

interface Read {
  readonly sha256: string;
  readonly size: number;
}

/** Gives an object to a program, and hashes what that prints. */
async function feed(reader: ObjectReader, script: string): Promise<Read & { code: unknown }> {
  const child: ChildProcess = spawn('bash', ['-c', script], {
    stdio: [reader.fd, 'pipe', 'inherit'],
  });
  reader.handOver();
  const hash = createHash('sha256');
  let size = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    size += chunk.length;
  });
  const [code] = await once(child, 'close');
  return { code, size, sha256: hash.digest('hex') };
}

export function describeStored(make: () => Promise<SinkRig>): void {
  const prefix = prefixAt(500);
  let sink: Sink;
  let close: () => Promise<void>;
  let stored: StoredCopy;
  const large = { path: 'a b/large+:ü', size: SIZE, sha256: '' };

  before(async () => {
    ({ sink, close } = await openLocked(make));
    const copy = await sink.open(prefix, { id: 'stored' });
    const written = await writeObject(copy, large.path, LARGE);
    large.sha256 = written.sha256 ?? '';
    const empty = await writeObject(copy, 'empty', ':');
    await copy.commit(manifestOf(prefix, [written, empty]));
    stored = sink.stored(prefix);
  });

  after(async () => {
    await stored.close();
    await close();
  });

  it('are read whole by the stage that gets the descriptor', async () => {
    const reader = await stored.read([large.path]);
    const { code, ...seen } = await feed(reader, 'cat');
    const expected = { size: SIZE, sha256: large.sha256 };
    assert.deepEqual([code, seen, await reader.finish()], [0, expected, expected]);
    assert.equal(reader.bytes(), SIZE);
    assert.equal(reader.explain(), undefined);
  });

  it('are hashed to their end when the stage leaves early', async () => {
    const reader = await stored.read([large.path]);
    const { size } = await feed(reader, 'head -c 10');
    assert.equal(size, 10);
    assert.deepEqual(await reader.finish(), { size: SIZE, sha256: large.sha256 });
  });

  it('are read when they are empty', async () => {
    const reader = await stored.read(['empty']);
    assert.equal((await feed(reader, 'cat')).size, 0);
    assert.equal((await reader.finish()).size, 0);
  });

  it('are not handed on beyond what is expected', async () => {
    let seen = 0;
    const read = async (pieces: readonly string[], most: number): Promise<void> => {
      const reader = await stored.read(pieces, most);
      ({ size: seen } = await feed(reader, 'cat'));
      await reader.finish();
    };
    for (const [pieces, all] of [
      [[large.path], SIZE],
      [[large.path, large.path], 2 * SIZE],
    ] as const) {
      seen = 0;
      await assert.rejects(read(pieces, all - 1), { code: 'COPY_DAMAGED' });
      assert.ok(seen < all);
      await read(pieces, all);
      assert.equal(seen, all);
    }
  });

  it('are hashed without a stage', async () => {
    const { signal } = new AbortController();
    const digest = await stored.digest([large.path], { signal });
    assert.deepEqual(digest, { size: SIZE, sha256: large.sha256 });
  });

  it('stop being hashed when asked to', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const digesting = stored.digest([large.path], { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(digesting);
  });

  it('join pieces', async () => {
    const pieces = [large.path, 'empty', large.path];
    const reader = await stored.read(pieces);
    const { code, ...seen } = await feed(reader, 'cat');
    assert.deepEqual([code, seen.size, await reader.finish()], [0, 2 * SIZE, seen]);
    const { signal } = new AbortController();
    assert.deepEqual(await stored.digest(pieces, { signal }), seen);
  });

  it('give up without leaving a descriptor open', async () => {
    // What is kept for the next reader is there after the first.
    await (await stored.read([large.path])).abort();
    const open = await countDescriptors();
    for (let round = 0; round < 40; round++) {
      const reader = await stored.read([large.path]);
      reader.handOver();
      await reader.abort();
    }
    // Pipes are made sixteen at a time, and connections are kept.
    assert.ok((await countDescriptors()) < open + 30);
  });

  it('say which object is missing', async () => {
    const failed = async (): Promise<unknown> => {
      const reader = await stored.read(['absent']);
      await feed(reader, 'cat');
      return reader.finish();
    };
    await assert.rejects(failed, { code: 'COPY_DAMAGED', message: /"absent" is missing/ });
    const { signal } = new AbortController();
    await assert.rejects(stored.digest(['absent'], { signal }), { code: 'COPY_DAMAGED' });
  });

  it('list what lies in them, and nothing of palhm', async () => {
    assert.deepEqual(await stored.inventory(), [
      { path: large.path, size: SIZE },
      { path: 'empty', size: 0 },
    ]);
  });

  it('keep records, which the listing shows and the inventory does not', async () => {
    await stored.writeRecord('verify', renderVerifyRecord({ ...RECORD, result: 'damaged' }));
    await stored.writeRecord('verify', renderVerifyRecord(RECORD));
    const [copy] = (await sink.list()).copies;
    assert.deepEqual(copy?.records, { verify: RECORD, drill: undefined });
    assert.deepEqual([copy?.objects, copy?.size], [2, SIZE]);
    assert.equal((await stored.inventory()).length, 2);
    await stored.writeRecord('verify', 'not a record');
    assert.equal((await sink.list()).copies[0]?.records.verify, undefined);
  });

  it('that are not there are said', async () => {
    await assertGone(sink.stored(prefixAt(501)));
  });

  it('go with their records', async () => {
    const doomed = prefixAt(502);
    await commitEmpty(sink, doomed);
    const reading = sink.stored(doomed);
    await reading.writeRecord('verify', renderVerifyRecord(RECORD));
    const copy = (await sink.list()).copies.find((one) => one.prefix.name === doomed.name);
    assert.ok(copy);
    await sink.remove(copy);
    await assertGone(reading);
    const reread = async (): Promise<unknown> => {
      const reader = await reading.read(['o']);
      await feed(reader, 'cat');
      return reader.finish();
    };
    await assert.rejects(reread, { code: /^COPY_(NOT_FOUND|DAMAGED)$/ });
    assert.equal((await sink.list()).copies.length, 1);
  });
}

async function commitEmpty(sink: Sink, prefix: Prefix): Promise<void> {
  const copy = await sink.open(prefix, { id: 'doomed-copy' });
  await copy.commit(manifestOf(prefix, [await writeObject(copy, 'o', 'echo text')]));
}

async function assertGone(copy: StoredCopy): Promise<void> {
  await assert.rejects(copy.manifest(), { code: 'COPY_NOT_FOUND' });
  await assert.rejects(copy.writeRecord('verify', renderVerifyRecord(RECORD)), {
    code: 'COPY_NOT_FOUND',
  });
}
