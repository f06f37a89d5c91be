import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeControls, escapeJson, escapeLine, escapeLines } from '../../src/units/escape.js';

for (const [text, shown] of [
  ['etc.tar', 'etc.tar'],
  ['größe 文書 🙂', 'größe 文書 🙂'],
  ['a\u001b[2Jb', String.raw`a\x1b[2Jb`],
  ['a\nb\rc\td', String.raw`a\nb\rc\td`],
  ['\u0000\u007f\u009b31m', String.raw`\x00\x7f\x9b31m`],
  ['\u202egnp.exe\u2028', String.raw`\u{202e}gnp.exe\u{2028}`],
  ['\ud800x', String.raw`\u{d800}x`],
] as const) {
  test(`escapes ${JSON.stringify(text)}`, () => assert.equal(escapeControls(text), shown));
}

test('keeps the tabs of a line and the breaks of a text', () => {
  assert.equal(escapeLine('a\tb\u001b'), String.raw`a${'\t'}b\x1b`);
  assert.deepEqual(escapeLines('a\tb\nc\r'), ['a\tb', String.raw`c\r`]);
});

test('JSON keeps its value and its line breaks', () => {
  const value = ['\u009b31m\u202e\u2028\u007f', 'größe 🙂', '\u{e0001}', '\t\n'];
  const text = escapeJson(JSON.stringify(value, null, 2));
  assert.deepEqual(JSON.parse(text), value);
  assert.equal(text.split('\n').length, 6);
  assert.match(text, /\\u009b31m\\u202e\\u2028\\u007f[^]*größe 🙂[^]*\\udb40\\udc01/);
});
