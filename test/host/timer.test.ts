import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setLongTimer } from '../../src/host/timer.js';

const DAY = 86_400_000;

interface Watched {
  readonly clear: () => void;
  readonly fired: () => number;
  /** In small steps: when one long tick sets a further timer, node:test runs that timer too late. */
  readonly pass: (days: number) => void;
}

function watch({ mock }: TestContext, ms: number): Watched {
  mock.timers.enable({ apis: ['setTimeout'] });
  let count = 0;
  const clear = setLongTimer(ms, () => {
    count += 1;
  });
  const pass = (days: number): void => {
    for (let day = 0; day < days; day += 1) mock.timers.tick(DAY);
  };
  return { clear, fired: () => count, pass };
}

test('a timer of an hour fires after an hour, once', (t) => {
  const { fired } = watch(t, 3_600_000);
  t.mock.timers.tick(3_599_999);
  assert.equal(fired(), 0);
  t.mock.timers.tick(1);
  assert.equal(fired(), 1);
  t.mock.timers.tick(DAY);
  assert.equal(fired(), 1);
});

test('a timer of 60 days fires after 60 days, not after 24.8', (t) => {
  const { fired, pass } = watch(t, 60 * DAY);
  pass(59);
  assert.equal(fired(), 0);
  pass(2);
  assert.equal(fired(), 1);
});

test('one that was re-armed can be stopped', (t) => {
  const { clear, fired, pass } = watch(t, 60 * DAY);
  pass(30);
  clear();
  pass(60);
  assert.equal(fired(), 0);
});

test('Infinity never comes', (t) => {
  const { fired, pass } = watch(t, Number.POSITIVE_INFINITY);
  pass(400);
  assert.equal(fired(), 0);
});
