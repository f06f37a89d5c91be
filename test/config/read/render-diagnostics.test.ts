import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDiagnostic } from '../../../src/config/read/diagnostics.js';
import { renderDiagnostic } from '../../../src/config/read/render-diagnostics.js';
import { toFile } from '../../../src/config/read/source.js';

function render(text: string, offset: number, length: number): string {
  const at = { source: toFile('/etc/palhm/a.jsonc', text, undefined), offset, length };
  return renderDiagnostic(toDiagnostic({ code: 'CONFIG_VALUE', message: 'M.', at }), '/etc/palhm');
}

test('a tab before the marks stays a tab, and so do the columns below it', () => {
  assert.deepEqual(render('\t"ab":\t1,', 7, 1).split('\n'), [
    'error CONFIG_VALUE  a.jsonc:1:8',
    '  M.',
    '    1 | \t"ab":\t1,',
    '      | \t     \t~',
  ]);
});

test('what goes over the end of a line is marked to the end of it', () => {
  assert.match(
    render('{\r\n  "a": {\r\n  }\r\n}', 10, 8),
    /\n {4}2 \| {3}"a": \{\n {6}\| {8}~\n?$/,
  );
});

test('a line that is too long is cut around the place', () => {
  const text = `${'a'.repeat(300)}HERE${'b'.repeat(300)}`;
  const [, , line = '', marks = ''] = render(text, 300, 4).split('\n');
  assert.ok(line.length < 180);
  assert.equal(line.slice(marks.indexOf('~'), marks.lastIndexOf('~') + 1), 'HERE');
});

test('a file that is not below the current directory keeps its full name', () => {
  const at = { source: toFile('/etc/palhm/a.jsonc', '{}', undefined), offset: 0, length: 1 };
  const diagnostic = toDiagnostic({ code: 'CONFIG_VALUE', message: 'M.', at });
  assert.match(
    renderDiagnostic(diagnostic, '/etc/palhm/conf.d'),
    / {2}\/etc\/palhm\/a\.jsonc:1:1\n/,
  );
  assert.match(renderDiagnostic(diagnostic, '/etc'), / {2}palhm\/a\.jsonc:1:1\n/);
});

test('thousands of problems on one long line take no longer than on lines of their own', () => {
  const source = toFile('/etc/palhm/a.jsonc', '"key": 1, '.repeat(25_000), undefined);
  const before = process.cpuUsage();
  for (let offset = 0; offset < 200_000; offset += 10) {
    const at = { source, offset, length: 5 };
    toDiagnostic({ code: 'CONFIG_VALUE', message: 'M.', at });
  }
  const { user } = process.cpuUsage(before);
  assert.ok(user < 2_000_000, `${user} µs`);
});
