import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from '../../src/units/duration.js';

const DAY = 86_400_000;
const PARSED: readonly (readonly [text: string, ms: number])[] = [
  ['500ms', 500],
  ['90s', 90_000],
  ['5m', 300_000],
  ['26h', 93_600_000],
  ['30d', 30 * DAY],
  ['1w', 7 * DAY],
  ['1h30m', 5_400_000],
  ['1h 30m', 5_400_000],
  [' 2 d 4 h ', 2 * DAY + 14_400_000],
  ['1w1d1h1m1s1ms', 8 * DAY + 3_661_001],
  ['1m500ms', 60_500],
  ['0h5m', 300_000],
];

for (const [text, ms] of PARSED) {
  test(`"${text}" is ${ms} ms`, () => {
    assert.deepEqual(parseDuration(text), { ok: true, value: { ms } });
  });
}

const REFUSED: readonly (readonly [text: string, problem: RegExp])[] = [
  ['', /^is not a duration, such as "90s"/],
  ['  ', /^is not a duration/],
  ['90', /^is not a duration/],
  ['-90s', /^is not a duration/],
  ['1.5h', /^is not a duration/],
  ['30m1h', /^is not a duration/],
  ['1h1h', /^is not a duration/],
  ['2 days', /^is not a duration/],
  ['1M', /^is not a duration/],
  ['s', /^is not a duration/],
  ['0s', /^is no time at all/],
  ['0h0m', /^is no time at all/],
  ['99999999999999w', /^is too long/],
];

for (const [text, problem] of REFUSED) {
  test(`"${text}" is refused: ${problem.source}`, () => {
    const parsed = parseDuration(text);
    assert.equal(parsed.ok, false);
    assert.match(parsed.ok ? '' : parsed.problem, problem);
  });
}

const SHOWN: readonly (readonly [ms: number, text: string])[] = [
  [0, '0.0 s'],
  [49, '0.0 s'],
  [400, '0.4 s'],
  [4_100, '4.1 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min'],
  [60_000, '1 min'],
  [65_000, '1 min 05 s'],
  [192_000, '3 min 12 s'],
  [3_599_499, '59 min 59 s'],
  [3_599_500, '1 h'],
  [7_500_000, '2 h 05 min'],
  [DAY - 1, '1 d'],
  [30 * DAY, '30 d'],
  [3 * DAY + 14_400_000, '3 d 4 h'],
];

for (const [ms, text] of SHOWN) {
  test(`${ms} ms is shown as ${text}`, () => {
    assert.equal(formatDuration({ ms }), text);
  });
}
