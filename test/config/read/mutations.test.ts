/** A valid config with any one part spoiled is refused with a place, or loads: it never ends palhm with a stack. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'jsonc-parser';
import { ConfigErrors } from '../../../src/config/read/diagnostics.js';
import { renderProblems } from '../../../src/config/read/render-diagnostics.js';
import { loadText } from '../../rig/load.js';

const text = await readFile('test/fixtures/config/valid/all/palhm.jsonc', 'utf8');

/** The config with each of its parts replaced once. */
function* spoil(node: unknown, replacement: unknown): Generator {
  yield replacement;
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) {
      for (const spoilt of spoil(item, replacement)) yield node.with(index, spoilt);
    }
  } else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      for (const spoilt of spoil(value, replacement)) yield { ...node, [key]: spoilt };
    }
  }
}

for (const replacement of [null, 5, -1.5, '', 'x', [], {}, [null], undefined]) {
  test(`every part once replaced by ${JSON.stringify(replacement)}`, async () => {
    let refused = 0;
    for (const spoilt of spoil(parse(text), replacement)) {
      const error: unknown = await loadText(JSON.stringify(spoilt) ?? '').then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) continue;
      if (!(error instanceof ConfigErrors)) throw error;
      refused += 1;
      assert.ok(error.diagnostics.every((one) => one.place !== undefined));
      assert.match(renderProblems(error), /\d+ problems?\. Nothing was run\.$/);
    }
    assert.ok(refused > 50);
  });
}
