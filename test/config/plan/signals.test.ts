import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSignal } from '../../../src/config/plan/signals.js';

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
