import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8 } from '../../src/units/utf8.js';

const GOOD = ['', 'a', 'bäck', '\uFEFFa', '\uFFFD', 'a\nb', '🙂'];

const BAD = [
  ['b\xe4ck', /^is not UTF-8: see byte 2, in line 1$/],
  ['good\n\nb\xe4', /^is not UTF-8: see byte 8, in line 3$/],
  ['cut \xc3', /^is not UTF-8: see byte 5,/],
  ['half of a pair: \xed\xa0\x80', /^is not UTF-8: see byte 17,/],
  ['\xff\xfea\0', /^is UTF-16, /],
  ['\xfe\xff\0a', /^is UTF-16, /],
  ['{\0"\0', /^is UTF-16, /],
  ['\0{\0"', /^is UTF-16, /],
] as const;

test('what is UTF-8 becomes the same text', () => {
  for (const text of GOOD)
    assert.deepEqual(decodeUtf8(Buffer.from(text)), { ok: true, value: text });
});

test('what is not says so, and where', () => {
  for (const [bytes, problem] of BAD) {
    const decoded = decodeUtf8(Buffer.from(bytes, 'latin1'));
    assert.ok(!decoded.ok, bytes);
    assert.match(decoded.problem, problem);
  }
});
