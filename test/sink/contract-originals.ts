/** The part of the contract that is about what has the name of a copy and no manifest. */
import assert from 'node:assert/strict';
import { after, beforeEach, it } from 'node:test';
import type { Listing } from '../../src/copy/copy.js';
import { MANIFEST_NAME } from '../../src/copy/manifest.js';
import { createSink } from '../../src/sink/registry.js';
import type { ListRequest, Sink, SinkContext } from '../../src/sink/sink.js';
import { renderManifest } from '../../src/wire/manifest.js';
import { contextOf, manifestOf, prefixAt, SMALL_OBJECT } from '../rig/sinks.js';
import type { SinkRig } from './contract-rig.js';

const ORIGINAL = prefixAt(7);
/** Every way to ask for it. */
const REQUESTS: readonly ListRequest[] = [
  {},
  { prefix: ORIGINAL.name },
  { newest: { now: prefixAt(9).micros / 1000 } },
];

export function describeOriginals(make: () => Promise<SinkRig>): void {
  const rigs: SinkRig[] = [];
  let rig: SinkRig;
  beforeEach(async () => {
    rig = await make();
    rigs.push(rig);
  });
  after(async () => {
    for (const made of rigs) await made.cleanup();
  });

  async function withSink<T>(
    own: Partial<SinkContext>,
    work: (sink: Sink) => Promise<T>,
  ): Promise<T> {
    const sink = await createSink(rig.plan, contextOf(own));
    try {
      return await work(sink);
    } finally {
      await sink.close();
    }
  }

  function ask(own: Partial<SinkContext> = {}): Promise<readonly Listing[]> {
    return withSink(own, (sink) => Promise.all(REQUESTS.map((request) => sink.list(request))));
  }

  async function assertStranger(why: string, own: Partial<SinkContext> = {}): Promise<void> {
    for (const [index, { copies, strangers }] of (await ask(own)).entries()) {
      assert.deepEqual(copies, [], `request ${index}`);
      const named = strangers.filter(({ name }) => name === ORIGINAL.name);
      assert.deepEqual(named, [{ name: ORIGINAL.name, why }], `request ${index}`);
    }
  }

  function putManifest(index: number, task: string, objects = [SMALL_OBJECT]): Promise<void> {
    const prefix = prefixAt(index);
    return rig.put(prefix.name, MANIFEST_NAME, renderManifest(manifestOf(prefix, objects, task)));
  }

  it('is a copy of the original PALHM when there is a file', async () => {
    await rig.put(ORIGINAL.name, 'deep/er/o', 'text');
    for (const { copies, strangers } of await ask()) {
      const seen = copies.map(({ size, objects, manifest }) => [size, objects, manifest]);
      assert.deepEqual(seen, [[4, 1, false]]);
      assert.deepEqual(strangers, []);
    }
  });

  it('is a stranger without a file, whatever palhm itself has left there', async () => {
    await rig.put(ORIGINAL.name, '.palhm-verify.json', '{}');
    await assertStranger('has no manifest and no file');
  });

  it('is a stranger when another task of the config has this root', async () => {
    await rig.put(ORIGINAL.name, 'o', 'text');
    const why = 'has no manifest, and task "other" of the config has the same root';
    await assertStranger(why, { findSharer: async () => 'other' });
  });

  it('is a stranger when a manifest of another task lies in the root', async () => {
    await rig.put(ORIGINAL.name, 'o', 'text');
    await putManifest(5, 'other');
    await assertStranger('has no manifest, and copies of task "other" are in this root');
  });

  it('asks nobody where every copy has a manifest', async () => {
    await putManifest(5, 'backup');
    const findSharer = (): never => assert.fail('asked');
    for (const { copies } of await withSink({ findSharer }, async (sink) => [await sink.list()]))
      assert.equal(copies.length, 1);
  });

  for (const sign of ['.palhm-lock', 'host/.palhm-lock', `host/x/${MANIFEST_NAME}`])
    it(`is a stranger when it holds a root of its own: ${sign}`, async () => {
      await rig.put(ORIGINAL.name, 'o', 'text');
      await rig.put(ORIGINAL.name, sign, '{}');
      await assertStranger(`holds a root of its own: ${sign} is in it`);
    });

  it('is a stranger with a root of its own in it, also when it has a manifest', async () => {
    await putManifest(7, 'backup');
    await rig.put(ORIGINAL.name, '.palhm-lock', '{}');
    await assertStranger('holds a root of its own: .palhm-lock is in it');
  });

  it('is a stranger when it may hold copies of the original PALHM itself', async () => {
    await rig.put(ORIGINAL.name, 'o', 'text');
    await rig.put(ORIGINAL.name, `sub/${prefixAt(1).name}/dump`, 'text');
    await assertStranger(`holds a root of its own: sub/${prefixAt(1).name} is in it`);
  });

  for (const [file, sign] of [
    ['inner/.palhm-lock', 'inner/.palhm-lock'],
    [`inner/${prefixAt(1).name}/dump`, `inner/${prefixAt(1).name}`],
  ] as const)
    it(`is not removed with a root of its own further down, also when it has a manifest: ${sign}`, async () => {
      await putManifest(7, 'backup');
      await rig.put(ORIGINAL.name, file, '{}');
      await withSink({}, async (sink) => {
        const [copy] = (await sink.list()).copies;
        assert.ok(copy);
        await assert.rejects(sink.remove(copy), ({ message }) =>
          message.includes(`holds a root of its own (${sign})`),
        );
        assert.equal((await sink.list()).copies.length, 1);
      });
    });

  it('is a stranger, too, when its manifest has no object', async () => {
    await putManifest(7, 'backup', []);
    await assertStranger('is empty: its manifest has no object');
  });
}
