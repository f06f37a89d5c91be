import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSize, parseSize } from '../../src/units/bytes.js';

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
