/** The part of the contract that is about finding one copy among many, about giving up, and about the end. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Lock } from '../../src/host/file-lock.js';
import type { ListRequest, Sink } from '../../src/sink/sink.js';
import { LARGEST_MANIFEST } from '../../src/sink/stored-manifest.js';
import { lockNow, makeCopy, manifestOf, prefixAt, sinkOf, writeObject } from '../rig/sinks.js';
import type { SinkRig } from './contract-rig.js';

/** Epoch milliseconds of the copy of this number, a moment after it was named. */
function nowAt(index: number): number {
  return prefixAt(index).micros / 1000 + 1;
}

/** A clock that is behind by what two hosts may differ: later copies are dated after its now. */
function behindAt(index: number): number {
  return nowAt(index) - 10 * 60_000;
}

export function describeList(make: () => Promise<SinkRig>): void {
  let rig: SinkRig;
  let sink: Sink;
  let lock: Lock;
  before(async () => {
    rig = await make();
    sink = await sinkOf(rig.plan);
    assert.deepEqual(await names({ newest: { now: nowAt(9) } }), [[], []]);
    assert.deepEqual(await names({ prefix: prefixAt(1).name }), [[], []]);
    lock = await lockNow(sink);
    for (const index of [1, 2, 3, 4]) await makeCopy(sink, prefixAt(index));
    for (const index of [5, 6]) await makeCopy(sink, prefixAt(index), { task: 'another' });
  });
  after(async () => {
    await lock.release();
    await sink.close();
    await rig.cleanup();
  });

  async function names(request: ListRequest): Promise<readonly (readonly string[])[]> {
    const { copies, strangers } = await sink.list(request);
    return [copies.map(({ prefix }) => prefix.name), strangers.map(({ name }) => name)];
  }

  it('finds the newest copy of its task, and the strangers on the way to it', async () => {
    const [copies, strangers] = await names({ newest: { now: nowAt(9) } });
    assert.deepEqual(copies, [prefixAt(4).name]);
    assert.deepEqual(strangers, [prefixAt(5).name, prefixAt(6).name]);
  });

  it('shows the newest as the whole listing does', async () => {
    const { copies } = await sink.list();
    const newest = await sink.list({ newest: { now: nowAt(9) } });
    assert.deepEqual(newest.copies, copies.slice(-1));
  });

  it('finds what is dated after now beside the newest, and takes it only when all are', async () => {
    const [copies, strangers] = await names({ newest: { now: behindAt(2) } });
    const [two, three, four, five, six] = [2, 3, 4, 5, 6].map((index) => prefixAt(index).name);
    assert.deepEqual(copies, [two, three, four]);
    assert.deepEqual(strangers, [five, six]);
    assert.deepEqual(await names({ newest: { now: behindAt(0) } }), [[four], [five, six]]);
  });

  it('finds a copy, a stranger or nothing by its name', async () => {
    const { copies } = await sink.list();
    const [first] = copies;
    assert.deepEqual(await sink.list({ prefix: prefixAt(1).name }), {
      copies: [first],
      strangers: [],
    });
    assert.deepEqual(await names({ prefix: prefixAt(5).name }), [[], [prefixAt(5).name]]);
    for (const absent of [prefixAt(7).name, 'absent', '', '.', '..', '../a', '.palhm-lock'])
      assert.deepEqual(await names({ prefix: absent }), [[], []], absent);
  });

  it('does not show a copy that is being made, whoever asks for it', async () => {
    const prefix = prefixAt(8);
    const copy = await sink.open(prefix, { id: 'in-the-making' });
    assert.deepEqual(await names({ prefix: prefix.name }), [[], []]);
    const [copies] = await names({ newest: { now: nowAt(9) } });
    assert.deepEqual(copies, [prefixAt(4).name]);
    await copy.abort();
  });

  it('does not commit a copy whose manifest it would not read', async () => {
    const copy = await sink.open(prefixAt(8), { id: 'too-large' });
    const object = await writeObject(copy, 'o', 'echo o');
    const manifest = manifestOf(prefixAt(8), [object]);
    const objects = manifest.objects.map((one) => ({
      ...one,
      restore: 'x'.repeat(LARGEST_MANIFEST),
    }));
    await assert.rejects(copy.commit({ ...manifest, objects }), { code: 'MANIFEST_TOO_LARGE' });
    await copy.abort();
    assert.deepEqual(await names({ prefix: prefixAt(8).name }), [[], []]);
  });

  it('rejects with the reason of a signal, with everything as it was', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const [copy] = (await sink.list()).copies;
    assert.ok(copy);
    const stored = sink.stored(copy.prefix);
    const asked: readonly (() => Promise<unknown>)[] = [
      () => sink.list({ signal }),
      () => sink.list({ signal, newest: { now: nowAt(9) } }),
      () => sink.list({ signal, prefix: copy.prefix.name }),
      () => sink.tidy(signal),
      () => sink.open(prefixAt(9), { id: 'never' }, signal),
      () => sink.settle(copy.prefix, signal),
      () => sink.remove(copy, signal),
      () => stored.inventory(signal),
    ];
    for (const ask of asked) await assert.rejects(ask, (error) => error === reason, String(ask));
    await stored.close();
    assert.equal((await sink.list()).copies.length, 4);
    assert.deepEqual(await rig.remains(), []);
  });

  it('has the root of every sink of its place, and of no other', async () => {
    const [same, sibling] = [await sinkOf(rig.plan, 'another'), await sinkOf(rig.sibling)];
    assert.equal(same.root, sink.root);
    assert.notEqual(sibling.root, sink.root);
    await same.close();
    await sibling.close();
  });

  it('is closed as often as one likes, and leaves others be', async () => {
    const other = await sinkOf(rig.plan);
    await other.list({ prefix: prefixAt(1).name });
    await other.close();
    await other.close();
    assert.equal((await sink.list()).copies.length, 4);
  });
}
