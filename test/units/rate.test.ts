import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRate, parseRate } from '../../src/units/bytes.js';

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

for (const text of ['16383', '0', '-1 MiB/s', '1 MiB/h', '1 MiBs', '/s', '', '10 Mbit/s', 'inf']) {
  test(`${JSON.stringify(text)} is no rate`, () => {
    assert.equal(parseRate(text).ok, false);
  });
}

test('is shown per second', () => {
  assert.equal(formatRate(50 * 2 ** 20), '50.0 MiB/s');
});
