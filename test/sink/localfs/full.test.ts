/** A full file system: a small tmpfs, which only root may mount. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import type { Lock } from '../../../src/host/file-lock.js';
import type { OpenCopy, Sink } from '../../../src/sink/sink.js';
import { mountPerTest, tmpfsOf } from '../../rig/mounts.js';
import { makeScratch } from '../../rig/scratch.js';
import {
  beginObject,
  listedNames,
  localfsPlan,
  lockNow,
  makeCopy,
  manifestOf,
  prefixAt,
  sinkOf,
  startStage,
  writeObject,
} from '../../rig/sinks.js';

const mountFor = mountPerTest();

interface Small {
  readonly root: string;
  readonly sink: Sink;
  readonly lock: Lock;
  readonly copy: OpenCopy;
}

/** A root on a tmpfs of its own, with one whole copy in it and a second one open; undefined when it cannot be mounted. */
async function openSmall(context: TestContext, options: string): Promise<Small | undefined> {
  const root = makeScratch();
  const isMounted = mountFor(context, tmpfsOf(options), root);
  context.after(() => rm(root, { recursive: true }));
  if (!isMounted) return undefined;
  const sink = await sinkOf(localfsPlan(root));
  const lock = await lockNow(sink);
  await makeCopy(sink, prefixAt(0));
  const copy = await sink.open(prefixAt(1), { id: 'full' });
  return { root, sink, lock, copy };
}

/** Rolls back, and finds the old copy whole and nothing else. */
async function assertRolledBack({ root, sink, lock, copy }: Small): Promise<void> {
  await copy.abort();
  assert.deepEqual(await listedNames(sink), [prefixAt(0).name]);
  assert.deepEqual((await readdir(root)).sort(), ['.palhm-lock', prefixAt(0).name]);
  await lock.release();
}

it('a full disk fails the object, whatever its last stage makes of it', async (context) => {
  const small = await openSmall(context, 'size=4m');
  if (small === undefined) return;
  const full = {
    code: 'SINK_FULL',
    message: `cannot write the object "o" in ${small.root}: ENOSPC: no space left on device, write`,
  };
  for (const [script, how] of [
    ['exec head -c 8M /dev/zero', [null, 'SIGPIPE']],
    ['trap "" PIPE; head -c 8M /dev/zero 2>/dev/null; exit 0', [0, null]],
  ] as const) {
    const writing = await beginObject(small.copy, 'o');
    assert.deepEqual(await once(startStage(writing, script), 'close'), how);
    await assert.rejects(writing.finish(), full);
    await writing.abort();
    await rm(join(small.root, '.palhm-partial.full', 'o'));
  }
  await assertRolledBack(small);
});

it('an alloc-size that does not fit fails with both figures', async (context) => {
  const small = await openSmall(context, 'size=4m');
  if (small === undefined) return;
  await assert.rejects(beginObject(small.copy, 'o', { allocSize: 64 * 1024 * 1024 }), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, 'SINK_FULL');
    assert.match(error.message, /"o": its alloc-size is \S+ \S+, \S+ \S+ are free in /);
    return true;
  });
  // The space is free again: an object that fits is made after one that did not.
  await writeObject(small.copy, 'p', 'head -c 3M /dev/zero');
  await assertRolledBack(small);
});

it('a commit without room for the manifest fails; the next run finds room again', async (context) => {
  const small = await openSmall(context, 'size=4m');
  if (small === undefined) return;
  const object = await writeObject(small.copy, 'o', 'echo 1');
  await assert.rejects(
    writeFile(join(small.root, '.palhm-partial.full', 'fill'), Buffer.alloc(4 << 20)),
    {
      code: 'ENOSPC',
    },
  );
  await assert.rejects(small.copy.commit(manifestOf(prefixAt(1), [object])), { code: 'SINK_FULL' });
  await small.lock.release();
  // The next run gets its lock and sweeps although there is no byte left to say who it is.
  const next = await lockNow(small.sink);
  assert.equal((await small.sink.tidy()).length, 1);
  await makeCopy(small.sink, prefixAt(2));
  assert.deepEqual(await listedNames(small.sink), [prefixAt(0).name, prefixAt(2).name]);
  await next.release();
});

it('no inodes left', async (context) => {
  const small = await openSmall(context, 'size=4m,nr_inodes=40');
  if (small === undefined) return;
  const fill = async () => {
    for (let index = 0; index < 40; index++) await writeFile(join(small.root, `fill${index}`), '');
  };
  await assert.rejects(fill(), { code: 'ENOSPC' });
  await assert.rejects(beginObject(small.copy, 'p'), { code: 'SINK_FULL' });
  execFileSync('find', [small.root, '-name', 'fill*', '-delete']);
  await assertRolledBack(small);
});
