/** Sizes, limits and rates: numbers of bytes as people write and read them. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { formatRate, formatSize, parseLimit, parseRate, parseSize } from '../../src/units/bytes.js';

suite('a size', () => {
  const GIB = 1024 ** 3;
  const PARSED: readonly (readonly [text: string, bytes: number])[] = [
    ['0', 0],
    ['4096', 4096],
    ['4096 B', 4096],
    ['1e3', 1000],
    ['1 KiB', 1024],
    ['1 kB', 1000],
    ['10k', 10_240],
    ['10K', 10_240],
    ['1 MiB', 1024 ** 2],
    ['1MB', 1_000_000],
    ['1M', 1024 ** 2],
    ['500 GiB', 500 * GIB],
    ['500gib', 500 * GIB],
    ['1.5 GiB', 1.5 * GIB],
    ['.5 KiB', 512],
    ['1.1 GiB', 1_181_116_006],
    ['1.9', 1],
    ['2 TB', 2e12],
    ['2 PiB', 2 * 1024 ** 5],
    ['0.001 EB', 1e15],
    ['-0', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['  1  MiB ', 1024 ** 2],
  ];

  for (const [text, bytes] of PARSED) {
    test(`"${text}" is ${bytes} bytes`, () => {
      assert.deepEqual(parseSize(text), { ok: true, value: bytes });
    });
  }

  const REFUSED: readonly (readonly [text: string, problem: RegExp])[] = [
    ['', /^is not a size, such as "4096"/],
    ['GiB', /^is not a size/],
    ['1 XB', /^is not a size/],
    ['1 GiB GiB', /^is not a size/],
    ['1 iB', /^is not a size/],
    ['0x10', /^is not a size/],
    ['1,5 GiB', /^is not a size/],
    ['Infinity', /^is not a size/],
    ['NaN', /^is not a size/],
    ['-1', /^is negative/],
    ['-0.5 GiB', /^is negative/],
    ['9007199254740992', /^is too large/],
    ['8 PiB', /^is too large/],
    ['1e400', /^is too large/],
    ['1e99999999999', /^is too large/],
  ];

  for (const [text, problem] of REFUSED) {
    test(`"${text}" is refused: ${problem.source}`, () => {
      const parsed = parseSize(text);
      assert.equal(parsed.ok, false);
      assert.match(parsed.ok ? '' : parsed.problem, problem);
    });
  }

  const SHOWN: readonly (readonly [bytes: number, text: string])[] = [
    [0, '0 B'],
    [999, '999 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1024 * 1023.9, '1023.9 KiB'],
    [1024 * 1024 - 1, '1.0 MiB'],
    [1.4 * GIB, '1.4 GiB'],
    [1023.99 * GIB, '1.0 TiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
    [5000 * 1024 ** 6, '5000.0 EiB'],
  ];

  for (const [bytes, text] of SHOWN) {
    test(`${bytes} bytes are shown as ${text}`, () => {
      assert.equal(formatSize(bytes), text);
    });
  }
});

suite('a limit', () => {
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
});

suite('a rate', () => {
  for (const [text, bytes] of [
    ['50 MiB/s', 50 * 2 ** 20],
    ['50 MiB / s', 50 * 2 ** 20],
    ['1MB', 1_000_000],
    ['16384', 16_384],
  ] as const) {
    test(`${text} is ${bytes} bytes a second`, () => {
      assert.deepEqual(parseRate(text), { ok: true, value: bytes });
    });
  }

  for (const text of [
    '16383',
    '0',
    '-1 MiB/s',
    '1 MiB/h',
    '1 MiBs',
    '/s',
    '',
    '10 Mbit/s',
    'inf',
  ]) {
    test(`${JSON.stringify(text)} is no rate`, () => {
      assert.equal(parseRate(text).ok, false);
    });
  }

  test('is shown per second', () => {
    assert.equal(formatRate(50 * 2 ** 20), '50.0 MiB/s');
  });
});
