/** What only files have: modes, blocks reserved in advance. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { lstat, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { countDescriptors, countThreads, PIPES_PER_BATCH } from '../../rig/processes.js';
import { makeScratch } from '../../rig/scratch.js';
import {
  beginObject,
  localfsPlan,
  lockNow,
  makeCopy,
  manifestOf,
  prefixAt,
  sinkOf,
  startStage,
  type Writing,
  writeObject,
} from '../../rig/sinks.js';

let base: string;
let root: string;
beforeEach(async () => {
  base = makeScratch();
  root = join(base, 'made', 'by palhm');
});

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8);
}

async function checkModes(directoryMode: number, fileMode: number): Promise<void> {
  const [directory, file] = [directoryMode.toString(8), fileMode.toString(8)];
  const sink = await sinkOf(localfsPlan(root, { directoryMode, fileMode }));
  const lock = await lockNow(sink);
  const copy = await sink.open(prefixAt(0), { id: 'modes' });
  const writer = await beginObject(copy, 'a/b/o');
  const partial = join(root, '.palhm-partial.modes');
  assert.equal(await modeOf(join(partial, 'a/b/o')), file);
  await writer.abort();
  const { name } = prefixAt(0);
  await copy.commit(manifestOf(prefixAt(0), [await writeObject(copy, 'a/o', 'echo 1')]));
  for (const path of ['', '..', name, `${name}/a`, `${name}/a/b`]) {
    assert.equal(await modeOf(join(root, path)), directory, path);
  }
  for (const path of ['a/o', '.palhm-manifest.json']) {
    assert.equal(await modeOf(join(root, name, path)), file, path);
  }
  // Whoever holds the lock writes into it.
  assert.equal(await modeOf(join(root, '.palhm-lock')), (fileMode | 0o600).toString(8));
  await lock.release();
}

describe('modes', () => {
  for (const umask of [0o000, 0o022, 0o077]) {
    for (const [directoryMode, fileMode] of [
      [0o750, 0o640],
      [0o777, 0o666],
      [0o700, 0o400],
    ] as const) {
      const title = `${directoryMode.toString(8)} and ${fileMode.toString(8)} under umask ${umask.toString(8)}`;
      it(`${title}, from the first byte`, async () => {
        const before = process.umask(umask);
        try {
          await checkModes(directoryMode, fileMode);
        } finally {
          process.umask(before);
        }
      });
    }
  }
});

describe('alloc-size', () => {
  const ALLOC = 8 * 1024 * 1024;

  async function openObject(): Promise<{
    writer: Writing;
    file: string;
    done: () => Promise<void>;
  }> {
    const sink = await sinkOf(localfsPlan(root));
    const lock = await lockNow(sink);
    const copy = await sink.open(prefixAt(0), { id: 'alloc' });
    const writer = await beginObject(copy, 'o', { allocSize: ALLOC });
    const done = async () => {
      await copy.abort();
      await lock.release();
    };
    return { writer, file: join(root, '.palhm-partial.alloc', 'o'), done };
  }

  it('is reserved before the writer starts; what was not used goes back', async () => {
    const { writer, file, done } = await openObject();
    const before = await lstat(file);
    assert.equal(before.size, 0);
    assert.ok(before.blocks * 512 >= ALLOC, `${before.blocks} blocks`);
    await once(startStage(writer, 'echo 12345'), 'close');
    assert.equal((await writer.finish()).size, 6);
    const { size, blocks } = await lstat(file);
    assert.equal(size, 6);
    assert.ok(blocks * 512 < 64 * 1024, `${blocks} blocks are still reserved`);
    await done();
  });

  it('may turn out too small', async () => {
    const { writer, done } = await openObject();
    await once(startStage(writer, `head -c ${ALLOC * 2} /dev/zero`), 'close');
    assert.equal((await writer.finish()).size, ALLOC * 2);
    await done();
  });
});

describe('the root and its lock', () => {
  it('may not be a file, nor lie below one', async () => {
    await writeFile(join(base, 'file'), '');
    for (const path of [join(base, 'file'), join(base, 'file', 'below')]) {
      const sink = await sinkOf(localfsPlan(path));
      await assert.rejects(lockNow(sink), { code: 'SINK_UNAVAILABLE' });
      await assert.rejects(sink.list(), { code: 'SINK_UNAVAILABLE' });
    }
  });

  it('says so when the lock file does not say who holds it', async () => {
    const sink = await sinkOf(localfsPlan(root));
    const lock = await lockNow(sink);
    const file = join(root, '.palhm-lock');
    for (const text of ['', 'garbage', '{}', 'null', '{"pid": "1"}', '{"pid": 1, "host"']) {
      await truncate(file);
      await writeFile(file, text);
      const hint = `see who has the file open: fuser -v '${file}', or lsof; on a mount of the network it may be another host`;
      await assert.rejects(lockNow(sink), { code: 'LOCKED', message: /not say by whom/, hint });
    }
    await lock.release();
    assert.equal(readFileSync(file, 'utf8'), '');
  });

  it('finds the program flock when PATH is of no use', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = base;
    try {
      await (await lockNow(await sinkOf(localfsPlan(root)))).release();
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('leaves no thread and no descriptor behind', async () => {
    const sink = await sinkOf(localfsPlan(root));
    for (let index = 0; index < PIPES_PER_BATCH; index++) await makeWithLock(index);
    const before = [await countDescriptors(), await countThreads()];
    for (let index = 0; index < PIPES_PER_BATCH; index++)
      await makeWithLock(PIPES_PER_BATCH + index);
    assert.deepEqual([await countDescriptors(), await countThreads()], before);

    async function makeWithLock(index: number): Promise<void> {
      const lock = await lockNow(sink);
      await makeCopy(sink, prefixAt(index));
      await lock.release();
    }
  });
});
