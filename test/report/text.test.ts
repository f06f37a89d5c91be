import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, formatClock, renderTable, truncate, widthOf } from '../../src/report/text.js';
import { count } from '../../src/units/count.js';

for (const [text, width, truncated, end] of [
  ['short', 5, 'short', 'short'],
  ['longer', 5, 'lo…er', 'long…'],
  ['longer', 4, 'lo…r', 'lon…'],
  ['longer', 1, '…', '…'],
  ['longer', 0, '', ''],
  ['文書資料庫', 6, '文…庫', '文書…'],
  ['文書', 4, '文書', '文書'],
] as const) {
  test(`shortens ${text} to ${width}`, () => {
    assert.equal(truncate(text, width), truncated);
    assert.equal(cut(text, width), end);
    assert.ok(widthOf(truncate(text, width)) <= width);
    assert.ok(widthOf(cut(text, width)) <= width);
  });
}

test('measures cells: wide characters two, combining marks none', () => {
  assert.equal(widthOf('文書.tar'), 8);
  assert.equal(widthOf('e\u0301'), 1);
  for (const emoji of ['🙂', '❤️', '🇩🇪', '👍🏽', '⌚']) assert.equal(widthOf(emoji), 2, emoji);
  assert.equal(cut('🇩🇪🇫🇷x', 3), '🇩🇪…');
});

test('aligns a table without blanks at the end, and escapes its cells', () => {
  const rows = [
    ['object', 'size', ''],
    ['文書', '1.4 GiB', 'x\u001b'],
    ['etc.tar', '12 B', ''],
  ];
  assert.deepEqual(renderTable(rows, ['left', 'right', 'left']), [
    'object      size',
    String.raw`文書     1.4 GiB  x\x1b`,
    'etc.tar     12 B',
  ]);
});

test('counts', () => {
  assert.equal(count(1, 'object'), '1 object');
  assert.equal(count(0, 'object'), '0 objects');
  assert.equal(count(2, 'copy', 'copies'), '2 copies');
});

for (const [ms, clock] of [
  [0, '0:00'],
  [7999, '0:07'],
  [725_000, '12:05'],
  [3_723_000, '1:02:03'],
  [-5, '0:00'],
] as const) {
  test(`shows ${ms} ms as ${clock}`, () => assert.equal(formatClock(ms), clock));
}
