/** The newest copy of a root is found without reading the others. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import type { Listing } from '../../../src/copy/copy.js';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { createSink } from '../../../src/sink/registry.js';
import { makeScratch } from '../../rig/scratch.js';
import { contextOf, localfsPlan, lockNow, makeCopy, prefixAt, sinkOf } from '../../rig/sinks.js';

let root: string;
beforeEach(() => {
  root = makeScratch();
});

const LATER = { newest: { now: prefixAt(100_000).micros / 1000 } };

/** A manifest that is read makes it a stranger that the listing shows; without one it is a copy of the original PALHM. */
function plant(index: number, manifest: string | undefined): void {
  const directory = join(root, prefixAt(index).name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'o'), 'text');
  if (manifest !== undefined) writeFileSync(join(directory, MANIFEST_NAME), manifest);
}

async function makeNewest(index: number): Promise<void> {
  const sink = await sinkOf(localfsPlan(root));
  const lock = await lockNow(sink);
  await makeCopy(sink, prefixAt(index));
  await lock.release();
}

async function look(): Promise<Listing> {
  return (await sinkOf(localfsPlan(root))).list(LATER);
}

test('of a thousand copies one manifest is read', async () => {
  for (let index = 0; index < 1000; index++) plant(index, 'damaged');
  await makeNewest(1000);
  const { copies, strangers } = await look();
  assert.deepEqual(
    copies.map(({ prefix }) => prefix),
    [prefixAt(1000)],
  );
  assert.deepEqual(strangers, []);
});

test('a newest copy that is damaged is said, and the one before it is found', async () => {
  await makeNewest(1);
  plant(2, 'damaged');
  const { copies, strangers } = await look();
  assert.deepEqual([copies[0]?.prefix, strangers[0]?.name], [prefixAt(1), prefixAt(2).name]);
  assert.equal(strangers[0]?.damaged, true);
});

test('copies of the original PALHM count only where there is none with a manifest', async () => {
  plant(5, undefined);
  plant(6, undefined);
  const [original] = (await look()).copies;
  assert.deepEqual([original?.prefix, original?.manifest], [prefixAt(6), false]);
  await makeNewest(1);
  assert.deepEqual((await look()).copies[0]?.prefix, prefixAt(1));
});

test('where copies are signed, what has no manifest is none', async () => {
  plant(5, undefined);
  const context = contextOf({ checkSignature: () => 'is not signed' });
  const sink = await createSink(localfsPlan(root), context);
  assert.deepEqual(await sink.list(LATER), { copies: [], strangers: [] });
});
