import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptsCode, parseCodeRange } from '../../src/units/code-range.js';

const RANGES: readonly (readonly [text: string, min: number, max: number])[] = [
  ['0', 0, 0],
  ['7', 7, 7],
  ['255', 255, 255],
  ['==0', 0, 0],
  ['== 3', 3, 3],
  ['<2', 0, 1],
  ['<1', 0, 0],
  ['<=1', 0, 1],
  ['<= 1', 0, 1],
  ['<999', 0, 255],
  ['>0', 1, 255],
  ['>254', 255, 255],
  ['>=0', 0, 255],
  ['>=255', 255, 255],
  ['0-1', 0, 1],
  [' 0 - 1 ', 0, 1],
  ['3-3', 3, 3],
  ['10-300', 10, 255],
  [' 0 ', 0, 0],
  ['00', 0, 0],
];

for (const [text, min, max] of RANGES) {
  test(`"${text}" accepts ${min} to ${max}`, () => {
    assert.deepEqual(parseCodeRange(text), { ok: true, value: { min, max } });
  });
}

for (const text of ['<0', '300', '==256', '>255', '>=256', '256-300']) {
  test(`"${text}" accepts no exit code`, () => {
    assert.deepEqual(parseCodeRange(text), {
      ok: false,
      problem: 'accepts no exit code: they run from 0 to 255',
    });
  });
}

test('a range that ends before it begins is said to be one', () => {
  assert.deepEqual(parseCodeRange('3-1'), {
    ok: false,
    problem: 'is a range that ends before it begins',
  });
});

for (const text of [
  '',
  ' ',
  '=0',
  '!=0',
  '0..1',
  '0-',
  '-1',
  '>-1',
  '1 2',
  '< = 1',
  '0x1',
  '1.0',
  'zero',
]) {
  test(`"${text}" is not a range`, () => {
    const parsed = parseCodeRange(text);
    assert.equal(parsed.ok, false);
    assert.match(parsed.ok ? '' : parsed.problem, /^is not a range of exit codes, such as "0"/);
  });
}

test('both ends are accepted, their neighbours are not', () => {
  const range = { min: 1, max: 3 };
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((code) => acceptsCode(range, code)),
    [false, true, true, true, false],
  );
});
