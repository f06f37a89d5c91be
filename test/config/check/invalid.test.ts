/**
 * Every folder in test/fixtures/config/invalid is a config that must fail with exactly the text in its expected.txt.
 * After a change of wording: UPDATE=1 node --test dist/test/config/check/invalid.test.js, then read the diff.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigErrors } from '../../../src/config/read/diagnostics.js';
import { renderProblems } from '../../../src/config/read/render-diagnostics.js';
import { loadFile } from '../../rig/load.js';

const INVALID = resolve('test/fixtures/config/invalid');

for (const name of readdirSync(INVALID)) {
  test(name, async () => {
    const folder = join(INVALID, name);
    const expected = join(folder, 'expected.txt');
    const text = `${await failToLoad(folder)}\n`;
    if (process.env['UPDATE'] === '1') await writeFile(expected, text);
    assert.equal(text, await readFile(expected, 'utf8'));
  });
}

async function failToLoad(folder: string): Promise<string> {
  const error: unknown = await loadFile(join(folder, 'palhm.jsonc')).catch((thrown) => thrown);
  assert.ok(error instanceof ConfigErrors, 'loads, or fails with something else');
  assert.ok(error.diagnostics.length > 0);
  return renderProblems(error, folder);
}
