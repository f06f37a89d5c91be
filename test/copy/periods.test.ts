import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namePeriod } from '../../src/copy/periods.js';

const CASES = [
  ['2026-11-20T23:59:59.999Z', '2026-11-20', '2026-W47', '2026-11', '2026'],
  ['2026-11-22T12:00:00Z', '2026-11-22', '2026-W47', '2026-11', '2026'],
  ['2026-11-23T00:00:00Z', '2026-11-23', '2026-W48', '2026-11', '2026'],
  ['2021-01-03T00:00:00Z', '2021-01-03', '2020-W53', '2021-01', '2021'],
  ['2021-01-04T00:00:00Z', '2021-01-04', '2021-W01', '2021-01', '2021'],
  ['2024-12-30T00:00:00Z', '2024-12-30', '2025-W01', '2024-12', '2024'],
  ['2022-01-01T00:00:00Z', '2022-01-01', '2021-W52', '2022-01', '2022'],
  ['1970-01-01T00:00:00Z', '1970-01-01', '1970-W01', '1970-01', '1970'],
] as const;

for (const [iso, ...names] of CASES) {
  test(`the periods of ${iso} are ${names.join(', ')}`, () => {
    const micros = Date.parse(iso) * 1000;
    assert.deepEqual(
      (['day', 'week', 'month', 'year'] as const).map((period) => namePeriod(micros, period)),
      names,
    );
  });
}
