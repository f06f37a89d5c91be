/** The small parts of config: suggestions, circles, signals, paths, the tree, what a diagnostic looks like. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, suggest } from '../../../src/config/check/suggest.js';
import { findCycles } from '../../../src/config/plan/cycles.js';
import { findPathProblem } from '../../../src/config/plan/object-path.js';
import { parseSignal } from '../../../src/config/plan/signals.js';
import { renderDiagnostic, toDiagnostic } from '../../../src/config/read/diagnostics.js';
import { parseSource } from '../../../src/config/read/parse.js';
import { noProblems } from '../../../src/config/read/problems.js';
import { toFile } from '../../../src/config/read/source.js';
import { valueOf } from '../../../src/config/read/tree.js';

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

function cyclesOf(edges: Readonly<Record<string, string[]>>): readonly (readonly string[])[] {
  return findCycles(new Map(Object.entries(edges)));
}

test('circles are found, diamonds are none', () => {
  assert.deepEqual(cyclesOf({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }), []);
  assert.deepEqual(cyclesOf({ a: ['a'] }), [['a', 'a']]);
  assert.deepEqual(cyclesOf({ x: ['a'], a: ['b'], b: ['c'], c: ['a'] }), [['a', 'b', 'c', 'a']]);
  assert.deepEqual(cyclesOf({ a: ['nowhere'] }), []);
});

test('a chain of a hundred thousand is no matter', () => {
  const names = Array.from({ length: 100_000 }, (_, index) => String(index));
  const chain = new Map(names.map((name, index) => [name, [String(index + 1)]]));
  assert.deepEqual(findCycles(chain), []);
});

const SIGNALS: readonly [written: string | number, signal: string | undefined][] = [
  ['TERM', 'SIGTERM'],
  ['SIGTERM', 'SIGTERM'],
  [' term ', 'SIGTERM'],
  [15, 'SIGTERM'],
  ['15', 'SIGTERM'],
  [6, 'SIGABRT'],
  ['IOT', 'SIGIOT'],
  [0, undefined],
  [-15, undefined],
  [1.5, undefined],
  ['', undefined],
  ['SIG', undefined],
  ['SIGSIGTERM', undefined],
];

for (const [written, signal] of SIGNALS) {
  test(`signal ${JSON.stringify(written)}`, () => {
    const parsed = parseSignal(written);
    assert.equal(parsed.ok ? parsed.value : undefined, signal);
  });
}

const PATHS: readonly [path: string, good: boolean][] = [
  ['a', true],
  ['a/b c/ü+:.tar', true],
  ['...', true],
  ['a/..b', true],
  ['.hidden', true],
  ['a/.palhm-x', true],
  ['.palhm', true],
  [`a/${'ü'.repeat(127)}`, true],
  [`a/${'ü'.repeat(128)}`, false],
  ['..', false],
  ['a/..', false],
  ['.', false],
  ['a/.', false],
  ['/', false],
  ['.palhm-', false],
];

for (const [path, good] of PATHS) {
  test(`path ${path.slice(0, 20)} is ${good ? 'good' : 'bad'}`, () => {
    assert.equal(findPathProblem(path) === undefined, good);
  });
}

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
