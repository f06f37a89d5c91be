import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPathFault, isObjectPath } from '../../src/copy/object-path.js';

const CASES: readonly [path: string, fault: ReturnType<typeof findPathFault>][] = [
  ['a', undefined],
  ['a/b c/ü+:.tar', undefined],
  ['...', undefined],
  ['a/..b', undefined],
  ['.hidden', undefined],
  ['a/.palhm-x', undefined],
  ['.palhm', undefined],
  ['', 'empty'],
  ['/', 'absolute'],
  ['/etc/passwd', 'absolute'],
  ['a/', 'ends-in-slash'],
  ['..', 'parent'],
  ['a/..', 'parent'],
  ['a/../b', 'parent'],
  ['.', 'dot'],
  ['./a', 'dot'],
  ['a/.', 'dot'],
  ['a//b', 'double-slash'],
  ['a\0b', 'nul'],
  ['.palhm-', 'own'],
  ['.palhm-manifest.json', 'own'],
  ['.palhm-x/a', 'own'],
];

for (const [path, fault] of CASES) {
  test(`the path ${JSON.stringify(path)} is ${fault ?? 'good'}`, () => {
    assert.equal(findPathFault(path), fault);
    assert.equal(isObjectPath(path), fault === undefined);
  });
}
