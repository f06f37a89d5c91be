import assert from 'node:assert/strict';
import { test } from 'node:test';
import { look, operate } from '../../src/cli/session.js';
import { planOf } from '../rig/plans.js';

const OPTIONS = { verbose: 0, logFormat: 'text', progress: 'never' } as const;
const PLAN = planOf([]);
const caught = (): number[] =>
  ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => process.listenerCount(signal));

test('what can be rolled back catches signals; what only looks is ended by them', async () => {
  const before = caught();
  await operate(OPTIONS, PLAN, async () => {
    assert.deepEqual(
      caught(),
      before.map((count) => count + 1),
    );
  });
  assert.deepEqual(caught(), before);
  await look(OPTIONS, PLAN, async () => assert.deepEqual(caught(), before));
});
