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

for (const [what, text, words] of [
  ['a NUL', String.raw`{"a": "x\u0000"}`, /NUL/],
  ['half of a surrogate pair', String.raw`{"a": "\ud800"}`, /surrogate/],
  ['half of a surrogate pair in a key', String.raw`{"\udc00x": 1}`, /surrogate/],
] as const) {
  test(`refuses text that no file name can have: ${what}`, () => {
    const problems = noProblems();
    parseSource(toFile('/x', text, undefined), problems);
    assert.deepEqual(
      problems.found.map(({ code }) => code),
      ['CONFIG_VALUE'],
    );
    assert.match(problems.found[0]?.message ?? '', words);
  });
}

test('takes a whole surrogate pair', () => {
  const problems = noProblems();
  parseSource(toFile('/x', String.raw`{"a": "\ud83d\ude00 😀"}`, undefined), problems);
  assert.deepEqual(problems.found, []);
});

for (const depth of [65, 4000, 200_000]) {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    test(`refuses ${depth} levels of ${open} with one problem at the first that is too deep`, () => {
      const problems = noProblems();
      const text = `{"a": ${open.repeat(depth - 1)}1${close.repeat(depth - 1)}}`;
      assert.equal(parseSource(toFile('/x', text, undefined), problems), undefined);
      assert.deepEqual(
        problems.found.map(({ message, place }) => [message, place?.column]),
        [['Nothing may be nested deeper than 64 levels.', 7 + 63 * open.length]],
      );
    });
  }
}

test('takes 64 levels', () => {
  const problems = noProblems();
  parseSource(toFile('/x', `{"a": ${'['.repeat(63)}${']'.repeat(63)}}`, undefined), problems);
  assert.deepEqual(problems.found, []);
});
