import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPathProblem } from '../../../src/config/plan/object-path.js';

const PATHS: readonly [path: string, good: boolean][] = [
  [`a/${'ü'.repeat(127)}`, true],
  [`a/${'ü'.repeat(128)}`, false],
  [`${'a/'.repeat(1535)}bc`, true],
  [`${'a/'.repeat(1535)}bcd`, false],
];

for (const [path, good] of PATHS) {
  test(`a path of ${Buffer.byteLength(path)} bytes is ${good ? 'good' : 'bad'}`, () => {
    assert.equal(findPathProblem(path) === undefined, good);
  });
}
