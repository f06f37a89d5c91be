/** A front end whose outlet throws loses nothing but that event. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { StampedEvent } from '../../../src/events/events.js';
import { exitCodeOf } from '../../../src/events/run-report.js';
import { list } from '../../../src/run/operations.js';
import { run } from '../../../src/run/task/run.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

/** Throws at events of this type, and keeps the types of all. */
function throwAt(type: StampedEvent['type']) {
  const types: string[] = [];
  const outlet = (event: StampedEvent): void => {
    types.push(event.type);
    if (event.type === type) throw new TypeError('no such column');
  };
  return { types, outlet };
}

test('a backup whose outlet throws is committed, gets every later event, and tells the defect once', async () => {
  const { types, outlet } = throwAt('object-finished');
  const report = await run(stand.operation([stand.simple()], { outlet }), { task: 'backup' });
  assert.equal(report.failure, undefined);
  assert.equal(report.copy?.prefix, stand.copies()[0]);
  assert.deepEqual(
    report.afterwards.map(({ code, message }) => [code, message]),
    [['DEFECT', 'no such column']],
  );
  assert.ok(report.afterwards[0]?.details.some((line) => line.includes('outlet.test')));
  assert.equal(exitCodeOf(report), 3);
  assert.equal(types.filter((type) => type === 'object-finished').length, 2);
  assert.deepEqual(types.slice(-3), ['task-finished', 'failed', 'run-finished']);
});

test('an outlet that throws at the very last event is in the report, too', async () => {
  const { outlet } = throwAt('run-finished');
  const ran = await run(stand.operation([stand.simple()], { outlet }), { task: 'backup' });
  const listed = await list(stand.operation([stand.simple()], { outlet }), { task: 'backup' });
  assert.equal(listed.found?.listing.copies.length, 1);
  for (const { failure, afterwards } of [ran, listed]) {
    assert.equal(failure, undefined);
    assert.deepEqual(
      afterwards.map(({ code }) => code),
      ['DEFECT'],
    );
  }
});
