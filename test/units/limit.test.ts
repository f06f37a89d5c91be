import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLimit } from '../../src/units/bytes.js';

for (const text of ['inf', 'Infinity', '-inf', '-Infinity', '+INF', ' infinity ']) {
  test(`"${text}" is no limit`, () => {
    assert.deepEqual(parseLimit(text, 'count'), { ok: true, value: { type: 'none' } });
    assert.deepEqual(parseLimit(text, 'bytes'), { ok: true, value: { type: 'none' } });
  });
}

const COUNTS: readonly (readonly [text: string, value: bigint])[] = [
  ['30', 30n],
  ['+30', 30n],
  ['0', 0n],
  ['-0', 0n],
  ['30.999', 30n],
  ['30.', 30n],
  ['.5', 0n],
  ['3e1', 30n],
  ['3.05E+1', 30n],
  ['305e-1', 30n],
  ['1e-400', 0n],
  ['1e-99999999999', 0n],
  ['9007199254740993', 9_007_199_254_740_993n],
  ['123456789012345678901234567890.5', 123_456_789_012_345_678_901_234_567_890n],
  ['1e400', 10n ** 400n],
  [' 7 ', 7n],
];

for (const [text, value] of COUNTS) {
  test(`"${text}" is at most ${value}`, () => {
    const expected = { ok: true, value: { type: 'at-most', value } };
    assert.deepEqual(parseLimit(text, 'count'), expected);
    assert.deepEqual(parseLimit(text, 'bytes'), expected);
  });
}

const BYTES: readonly (readonly [text: string, value: bigint])[] = [
  ['500 GiB', 500n * 1024n ** 3n],
  ['1.5 TB', 1_500_000_000_000n],
  ['1e3 MiB', 1000n * 1024n ** 2n],
  [`${'9'.repeat(60)} KiB`, (10n ** 60n - 1n) * 1024n],
  ['0.9 B', 0n],
];

for (const [text, value] of BYTES) {
  test(`"${text}" is at most ${value} bytes`, () => {
    assert.deepEqual(parseLimit(text, 'bytes'), { ok: true, value: { type: 'at-most', value } });
    assert.equal(parseLimit(text, 'count').ok, false);
  });
}

for (const text of ['1e99999999', '1e99999999999999999999']) {
  test(`"${text}" is more than can be written out, so no limit`, () => {
    assert.deepEqual(parseLimit(text, 'count'), { ok: true, value: { type: 'none' } });
  });
}

const REFUSED: readonly (readonly [text: string, problem: RegExp])[] = [
  ['', /^is not a limit, such as/],
  ['NaN', /^is not a limit/],
  ['infinite', /^is not a limit/],
  ['--inf', /^is not a limit/],
  ['0x1F', /^is not a limit/],
  ['1_000', /^is not a limit/],
  ['thirty', /^is not a limit/],
  ['1e', /^is not a limit/],
  ['-1', /^is negative/],
  ['-0.5', /^is negative/],
  ['-1e-400', /^is negative/],
];

for (const [text, problem] of REFUSED) {
  test(`"${text}" is refused: ${problem.source}`, () => {
    const parsed = parseLimit(text, 'count');
    assert.equal(parsed.ok, false);
    assert.match(parsed.ok ? '' : parsed.problem, problem);
  });
}
