import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodedPath } from '../../src/copy/decoded-path.js';

const NAMES: readonly (readonly [path: string, undone: number, decoded: string])[] = [
  ['root.tar.zst.pgp', 2, 'root.tar'],
  ['root.tar.zst.pgp', 1, 'root.tar.zst'],
  ['root.tar.zst.pgp', 0, 'root.tar.zst.pgp'],
  ['root.tar.zst.pgp', 9, 'root.tar'],
  ['all.sql', 1, 'all.sql'],
  ['ALL.SQL.GZ', 1, 'ALL.SQL'],
  ['etc.tgz', 1, 'etc.tar'],
  ['a.b/etc.txz.gpg', 2, 'a.b/etc.tar'],
  ['a.gz/b', 1, 'a.gz/b'],
  ['.gz', 1, '.gz'],
  ['a/.gz', 1, 'a/.gz'],
  // What would be left is no name but a way out.
  ['..gz', 1, '..gz'],
  ['...gz', 1, '...gz'],
  ['a/...gz', 1, 'a/...gz'],
  ['....gz', 1, '...'],
  ['a.gz.gz.gz', 2, 'a.gz'],
  ['gz', 1, 'gz'],
];
for (const [path, undone, decoded] of NAMES) {
  test(`${path} with ${undone} undone is ${decoded}`, () => {
    assert.equal(decodedPath(path, undone), decoded);
  });
}
