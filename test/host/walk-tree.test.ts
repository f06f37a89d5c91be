import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { walkTree } from '../../src/host/walk-tree.js';
import { findOtherRoot, measureTree } from '../../src/sink/localfs/list/measure-tree.js';
import { listPieces } from '../../src/sink/localfs/read/inventory.js';
import { makeTree } from '../rig/scratch.js';

/** A path with a name in Latin-1. */
const foreign = (text: string): Buffer => Buffer.from(text, 'latin1');

test('what lies below names that are not UTF-8 is found, counted, and keeps its place', async () => {
  const root = makeTree({ 'a/b': 'text' });
  mkdirSync(foreign(`${root}/sub\xe4`));
  writeFileSync(foreign(`${root}/sub\xe4/\xfc`), 'four');
  const found: string[] = [];
  for await (const { path, place, kind } of walkTree(root)) {
    found.push(path);
    assert.equal(lstatSync(place).isFile(), kind.isFile());
  }
  assert.deepEqual(found.sort(), ['a', 'a/b', 'sub\uFFFD', 'sub\uFFFD/\uFFFD']);
  assert.deepEqual(await measureTree(root), { size: 8, objects: 2, otherRoot: undefined });
  assert.deepEqual(
    (await listPieces(root)).map(({ size }) => size),
    [4, 4],
  );
  writeFileSync(foreign(`${root}/sub\xe4/.palhm-lock`), '');
  assert.equal(await findOtherRoot(root), 'sub\uFFFD/.palhm-lock');
});
