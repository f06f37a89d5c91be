import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noProblems } from '../../../src/config/read/diagnostics.js';
import { parseSource } from '../../../src/config/read/parse.js';
import { toFile } from '../../../src/config/read/source.js';
import { valueOf } from '../../../src/config/read/tree.js';

test('numbers that a double does not hold are carried as they are written', () => {
  const text =
    '{"a": 123456789012345678901, "b": 1e400, "c": -1e400, "d": 9007199254740991, "e": 1.5}';
  const tree = parseSource(toFile('/x', text, undefined), noProblems());
  assert.ok(tree);
  assert.deepEqual(valueOf(tree), {
    a: '123456789012345678901',
    b: '1e400',
    c: '-1e400',
    d: 9007199254740991,
    e: 1.5,
  });
});
