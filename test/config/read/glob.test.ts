import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { test } from 'node:test';
import { emptyFootprint } from '../../../src/config/read/footprint.js';
import { expandGlob } from '../../../src/config/read/glob.js';
import { makeTree } from '../../rig/scratch.js';

const GLOBS: readonly [pattern: string, matches: readonly string[]][] = [
  ['*.jsonc', ['A.jsonc', 'a.jsonc', 'b1.jsonc', 'b2.jsonc']],
  ['b?.jsonc', ['b1.jsonc', 'b2.jsonc']],
  ['b[13-9].jsonc', ['b1.jsonc']],
  ['b[!1].jsonc', ['b2.jsonc']],
  ['.*', ['.hidden.jsonc']],
  ['*/x.jsonc', ['d/x.jsonc', 'e/x.jsonc']],
  ['(a|b).json*', []],
  ['nowhere/*.jsonc', []],
  ['a.jsonc/*', []],
  ['[z-a]*', []],
  ['[.jsonc', []],
  ['./d/../e/*', ['e/x.jsonc']],
  // A file or directory of just that name is meant, even beside what the glob would match.
  ['f[1].cfg', ['f[1].cfg']],
  ['g[1]/*.cfg', ['g[1]/y.cfg']],
  ['[f]1.cfg', ['f1.cfg']],
];

for (const [pattern, matches] of GLOBS) {
  test(`glob ${pattern}`, async () => {
    const names = ['a.jsonc', 'A.jsonc', 'b2.jsonc', 'b1.jsonc', '.hidden.jsonc', 'c.txt'];
    const bracketed = ['f[1].cfg', 'f1.cfg', 'g[1]/y.cfg', 'g1/y.cfg'];
    const files = [...names, ...bracketed, 'd/x.jsonc', 'e/x.jsonc'];
    const root = makeTree(Object.fromEntries(files.map((name) => [name, '{}'])));
    const found = await expandGlob(pattern, { directory: root, footprint: emptyFootprint() });
    assert.deepEqual(
      found.map((path) => relative(root, path)),
      matches,
    );
  });
}

test('a glob of many stars takes no more time than one of few', async () => {
  const root = makeTree({ [`${'a'.repeat(200)}.jsonc`]: '{}', [`${'ab'.repeat(60)}.jsonc`]: '{}' });
  for (const [pattern, matches] of [
    [`${'*a'.repeat(40)}*b`, 0],
    [`${'*[a]'.repeat(40)}*?.jsonc`, 2],
    [`${'*'.repeat(200)}b.jsonc`, 1],
  ] as const) {
    const found = await expandGlob(pattern, { directory: root, footprint: emptyFootprint() });
    assert.equal(found.length, matches, pattern);
  }
});
