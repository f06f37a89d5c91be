import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActivity } from '../../../src/cli/show/activity.js';
import { SAMPLES } from './samples.js';

test('shows one step of a drill at a time, a restore with its bytes, also after one that failed', () => {
  const running = createActivity();
  const names = (): readonly string[] => running.rows(2000).map(({ name }) => name);
  const prepare = { ...SAMPLES['drill-step-started'], step: 'prepare', what: 'mariadbd' } as const;
  running.apply(prepare, 0);
  assert.deepEqual(names(), ['mariadbd']);
  running.apply(SAMPLES['drill-step-started'], 0);
  running.apply({ ...SAMPLES['object-progress'], bytes: 500 }, 1000);
  const [row] = running.rows(1000);
  assert.deepEqual(row, {
    name: 'all-db.sql.zst',
    stages: 'restore',
    bytes: 500,
    rate: 500,
    elapsedMs: 1000,
  });
  const cleaning = { ...prepare, step: 'clean-up', what: 'stop' } as const;
  running.apply(cleaning, 1000);
  assert.deepEqual(names(), ['stop']);
  running.apply({ ...cleaning, type: 'drill-step-finished', durationMs: 1 }, 1500);
  assert.deepEqual(names(), []);
});
