import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, suggest } from '../../../src/config/check/suggest.js';

const DISTANCES: readonly [from: string, to: string, distance: number][] = [
  ['', '', 0],
  ['', 'abc', 3],
  ['abc', '', 3],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['abc', 'abcd', 1],
  ['abc', 'axc', 1],
  ['kitten', 'sitting', 3],
  ['tra', 'tar', 1],
];

for (const [from, to, distance] of DISTANCES) {
  test(`from "${from}" to "${to}" are ${distance} edits`, () => {
    assert.equal(editDistance(from, to), distance);
    assert.equal(editDistance(to, from), distance);
  });
}

test('the nearest known name is suggested, and nothing that is far', () => {
  assert.equal(suggest('nb-copy-limt', ['root', 'nb-copy-limit']), 'Did you mean "nb-copy-limit"?');
  assert.equal(suggest('ROOT', ['root', 'rot']), 'Did you mean "root"?');
  assert.equal(suggest('pipe', ['path', 'pipeline']), 'Did you mean "pipeline"?');
  assert.equal(suggest('colour', ['root', 'keep']), undefined);
  assert.equal(suggest('a', []), undefined);
});
