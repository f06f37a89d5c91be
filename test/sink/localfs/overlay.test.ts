/** A root on overlayfs: a copy of a lower layer cannot be renamed (EXDEV), and is removed where it is. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Copy } from '../../../src/copy/copy.js';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { messageOf } from '../../../src/failure/failure.js';
import type { Lock } from '../../../src/host/file-lock.js';
import type { Sink } from '../../../src/sink/sink.js';
import { plantOriginal } from '../../rig/copies.js';
import { makeScratch } from '../../rig/scratch.js';
import {
  listedNames,
  localfsPlan,
  lockNow,
  makeCopy,
  prefixAt,
  sinkOf,
  writeObject,
} from '../../rig/sinks.js';

const names = Array.from({ length: 9 }, (_, index) => prefixAt(index).name);
const LATER = { newest: { now: prefixAt(100).micros / 1000 } };

describe('on overlayfs', () => {
  const base = makeScratch();
  const root = join(base, 'merged', 'root');
  const mounts: string[] = [];
  let whyNot: string | undefined;
  let sink: Sink;
  let lock: Lock;

  before(async () => {
    try {
      mount(['-t', 'tmpfs', 'tmpfs'], base);
      await fillLower(join(base, 'lower', 'root'));
      for (const name of ['upper', 'work', 'merged']) mkdirSync(join(base, name));
      const layers = ['lower', 'upper', 'work'].map((name) => `${name}dir=${join(base, name)}`);
      mount(['-t', 'overlay', 'overlay', '-o', layers.join(',')], join(base, 'merged'));
      await assert.rejects(rename(join(root, names[0] ?? ''), join(root, 'x')), { code: 'EXDEV' });
    } catch (error) {
      whyNot = `no such overlay can be mounted: ${messageOf(error)}`;
      return;
    }
    sink = await sinkOf(localfsPlan(root));
    lock = await lockNow(sink);
  });
  after(async () => {
    await lock?.release();
    for (const at of mounts.reverse()) execFileSync('umount', ['-l', at]);
    rmSync(base, { recursive: true });
  });

  function mount(options: readonly string[], at: string): void {
    execFileSync('mount', [...options, at], { stdio: 'pipe' });
    mounts.push(at);
  }

  /** Copies 0 to 4, the original 5, a partial copy and a trash. */
  async function fillLower(lower: string): Promise<void> {
    const below = await sinkOf(localfsPlan(lower));
    const held = await lockNow(below);
    for (const index of [0, 1, 2, 3, 4]) await makeCopy(below, prefixAt(index));
    plantOriginal(lower, names[5] ?? '');
    await writeObject(await below.open(prefixAt(6), { id: 'dead' }), 'o', 'echo half');
    plantOriginal(lower, '.palhm-trash.0-1');
    await held.release();
  }

  function test(title: string, work: (context: TestContext) => Promise<void>): void {
    it(title, async (context) => {
      if (whyNot === undefined) await work(context);
      else context.skip(whyNot);
    });
  }

  async function copyNumber(index: number): Promise<Copy> {
    const copy = (await sink.list()).copies.find(({ prefix }) => prefix.name === names[index]);
    assert.ok(copy);
    return copy;
  }

  /** Stops what has this signal as soon as the manifest of the copy is gone. */
  function stopWithout(name: string): AbortSignal {
    const stop = new AbortController();
    const throwIfAborted = (): void => {
      if (!existsSync(join(root, name, MANIFEST_NAME))) throw new Error('killed');
    };
    return Object.create(stop.signal, { throwIfAborted: { value: throwIfAborted } }) as AbortSignal;
  }

  async function assertGone(index: number): Promise<void> {
    assert.ok(!(await listedNames(sink)).includes(names[index] ?? ''));
    const left = readdirSync(root).filter((name) => name.includes(names[index] ?? '-'));
    assert.deepEqual(left, []);
  }

  test('a sweep removes what dead runs left', async () => {
    assert.equal((await sink.tidy()).length, 2);
    assert.deepEqual(readdirSync(root).sort(), ['.palhm-lock', ...names.slice(0, 6)]);
  });

  test('a copy is removed, with a manifest or without', async () => {
    for (const index of [0, 5]) {
      await sink.remove(await copyNumber(index));
      await assertGone(index);
    }
    assert.deepEqual(await sink.tidy(), []);
  });

  test('a copy that a run has made there is removed as anywhere', async () => {
    await makeCopy(sink, prefixAt(7));
    await sink.remove(await copyNumber(7));
    await assertGone(7);
  });

  test('what is left when it dies in between is no copy, and is swept', async () => {
    const name = names[1] ?? '';
    await assert.rejects(sink.remove(await copyNumber(1), stopWithout(name)), /killed/);
    assert.deepEqual(readdirSync(join(root, name)), ['o']);
    for (const request of [{}, { prefix: name }, LATER]) {
      const { copies, strangers } = await sink.list(request);
      assert.ok(!copies.some(({ prefix }) => prefix.name === name));
      const [rest] = strangers;
      assert.deepEqual(
        strangers.map((one) => one.name),
        'newest' in request ? [] : [name],
      );
      if (rest !== undefined) assert.match(rest.why, /^is the rest of a copy .*\.palhm-removing/);
    }
    await assert.rejects(sink.stored(prefixAt(1)).manifest(), { code: 'COPY_NOT_FOUND' });
    const [leftover, ...others] = await sink.tidy();
    assert.match(leftover?.what ?? '', /the rest of a copy that was being removed, .*00:00:01/);
    assert.deepEqual(others, []);
    await assertGone(1);
  });

  test('a copy of which nothing was removed yet still is one', async () => {
    writeFileSync(join(root, `.palhm-removing.${names[2]}`), '');
    await copyNumber(2);
    assert.deepEqual(await sink.tidy(), []);
    await copyNumber(2);
    assert.ok(!existsSync(join(root, `.palhm-removing.${names[2]}`)));
  });

  test('a note of a copy that is gone goes', async () => {
    writeFileSync(join(root, `.palhm-removing.${names[8]}`), '');
    assert.deepEqual((await sink.list()).strangers, []);
    assert.deepEqual(await sink.tidy(), []);
    await assertGone(8);
  });
});
