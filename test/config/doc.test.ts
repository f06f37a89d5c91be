import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { FAILURES } from '../../src/failure/codes.js';
import { loadText } from '../rig/load.js';

const doc = await readFile('doc/config.md', 'utf8');
const examples = [...doc.matchAll(/```jsonc\n(.*?)```/gs)].map(([, text = '']) => text);

test('doc/config.md has examples', () => {
  assert.ok(examples.length > 4);
});

for (const [index, text] of examples.entries()) {
  test(`example ${index + 1} of doc/config.md loads`, async () => {
    assert.deepEqual((await loadText(text)).files, ['text']);
  });
}

test('the error in doc/config.md is one that palhm prints', async () => {
  const printed = await readFile('test/fixtures/config/invalid/all-at-once/expected.txt', 'utf8');
  const [, shown = ''] = /```text\n(.*?)\d+ problem/s.exec(doc) ?? [];
  assert.ok(shown.length > 100);
  assert.ok(printed.includes(shown));
});

test('doc/config.md lists every code of a config error', () => {
  const listed = [...doc.matchAll(/^\| `(CONFIG_\w+)` *\|/gm)].map(([, code]) => code);
  const codes = Object.keys(FAILURES).filter((code) => code.startsWith('CONFIG_'));
  assert.deepEqual(listed, codes);
});
