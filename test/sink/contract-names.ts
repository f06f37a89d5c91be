/** Objects whose names catch drivers out. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import type { Sink } from '../../src/sink/sink.js';
import { manifestOf, prefixAt, type Written, writeObject } from '../rig/sinks.js';
import { openLocked, type SinkRig } from './contract-rig.js';

const PATHS = [
  'with space',
  ' leading and trailing ',
  'plus+and&equals=percent%2F?#',
  'colon:semicolon;',
  'ünïcödé/日本語/🗄',
  'a.b..c...',
  '...',
  '-leading-dash',
  '--',
  '~tilde/$HOME/`x`/"quoted"/\'single\'',
  'back\\slash',
  'new\nline',
  `${'x'.repeat(200)}/${'y'.repeat(200)}`,
  Array.from({ length: 40 }, (_, depth) => `level${depth}`).join('/'),
  'ab',
  'a/b',
  'a+b',
  '.hidden',
  'below/.palhm-manifest.json',
];

export function describeNames(make: () => Promise<SinkRig>): void {
  let rig: SinkRig;
  let sink: Sink;
  let close: () => Promise<void>;
  before(async () => {
    ({ rig, sink, close } = await openLocked(make));
  });
  after(() => close());

  it('stores every name as it is', async () => {
    const copy = await sink.open(prefixAt(0), { id: 'names' });
    const written: Written[] = [];
    for (const [index, path] of PATHS.entries()) {
      written.push(await writeObject(copy, path, `echo ${index}`));
    }
    await copy.commit(manifestOf(prefixAt(0), written));
    for (const [index, path] of PATHS.entries()) {
      assert.equal((await rig.read(prefixAt(0).name, path)).toString(), `${index}\n`, path);
    }
    const [listed] = (await sink.list()).copies;
    assert.ok(listed);
    const manifest = await sink.stored(listed.prefix).manifest();
    assert.deepEqual(
      manifest?.objects.map(({ path }) => path),
      PATHS,
    );
  });

  it('makes objects of one directory at once', async () => {
    const copy = await sink.open(prefixAt(1), { id: 'at-once' });
    const paths = Array.from({ length: 30 }, (_, index) => `same/new/directory/${index}`);
    const written = await Promise.all(paths.map((path) => writeObject(copy, path, 'echo 1')));
    await copy.commit(manifestOf(prefixAt(1), written));
    assert.equal((await sink.list()).copies.at(-1)?.objects, 30);
  });

  for (const path of [
    '',
    '.',
    '..',
    'a/../b',
    '../x',
    '/x',
    'a//b',
    'a/',
    './a',
    '.palhm-manifest.json',
  ]) {
    it(`refuses ${JSON.stringify(path)}`, async () => {
      const copy = await sink.open(prefixAt(2), { id: 'refused' });
      await assert.rejects(copy.create({ path, allocSize: undefined, expectedSize: undefined }));
      await copy.abort();
      assert.deepEqual(await rig.remains(), []);
    });
  }
}
