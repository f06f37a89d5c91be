/** How an operation stops that its front end aborts, also at odd times and with odd reasons. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import type { StampedEvent } from '../../../src/events/events.js';
import { Failure } from '../../../src/failure/failure.js';
import { describeHost } from '../../../src/run/operation/operation.js';
import { list, type Surroundings, startRun } from '../../../src/run/operations.js';
import { run } from '../../../src/run/task/run.js';
import { planOf } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

const STOP = new Failure({ code: 'INTERRUPTED', message: 'stopped by the operator' });

/** With an outlet that keeps the types of the events, and calls `onEvent` with each. */
function surroundings(signal: AbortSignal, onEvent: (type: string) => void = () => {}) {
  const types: string[] = [];
  const given: Surroundings = {
    plan: planOf([stand.simple()]),
    host: describeHost(process.env),
    signal,
    outlet({ type }: StampedEvent) {
      types.push(type);
      onEvent(type);
    },
  };
  return { given, types };
}

test('a run that is cancelled before its task begins runs nothing', async () => {
  const { given, types } = surroundings(new AbortController().signal);
  const handle = startRun(given, { task: 'backup' });
  const before = handle.report();
  assert.deepEqual([before.task, before.kind, before.failure], ['backup', 'backup', undefined]);
  handle.cancel(STOP);
  handle.cancel(new Failure({ code: 'TERMINATED', message: 'a second time' }));
  const report = await handle.done;
  assert.equal(report.failure, STOP);
  assert.deepEqual(types, ['failed', 'run-finished']);
  assert.ok(!existsSync(stand.root));
});

test('a run that is cancelled while it builds an object is rolled back', async () => {
  const { given } = surroundings(new AbortController().signal, (type) => {
    if (type === 'object-started') handle.cancel(STOP);
  });
  const handle = startRun(given, { task: 'backup' });
  const { failure, copy, objects } = await handle.done;
  assert.equal(failure?.code, 'INTERRUPTED');
  assert.equal(copy, undefined);
  assert.ok(objects.every(({ state }) => state === 'cancelled'));
  assert.deepEqual([...stand.copies(), ...stand.leftovers()], []);
});

for (const [name, reason] of [
  ['no reason', undefined],
  ['an error that is no Failure', new RangeError('enough')],
  ['a text', 'enough'],
] as const)
  test(`an abort with ${name} stops a run as SIGTERM does`, async () => {
    const stop = new AbortController();
    const { given, types } = surroundings(stop.signal, (type) => {
      if (type === 'object-started' && !stop.signal.aborted) stop.abort(reason);
    });
    const report = await startRun(given, { task: 'backup' }).done;
    assert.equal(report.failure?.code, 'TERMINATED');
    assert.match(report.failure.message, /enough|aborted/);
    assert.deepEqual(report.afterwards, []);
    assert.equal(types.at(-1), 'run-finished');
    assert.deepEqual([...stand.copies(), ...stand.leftovers()], []);
  });

test('an abort without a reason after the commit leaves the copy, and is told as a stop', async () => {
  const stop = new AbortController();
  const { outlet } = surroundings(stop.signal, (type) => {
    if (type === 'copy-committed') stop.abort();
  }).given;
  const operation = stand.operation([stand.simple()], { signal: stop.signal, outlet });
  const { failure, copy, afterwards } = await run(operation, { task: 'backup' });
  assert.equal(failure, undefined);
  assert.equal(copy?.prefix, stand.copies()[0]);
  assert.ok(afterwards.length > 0);
  for (const { code } of afterwards) assert.match(code, /^TERMINATED$/);
});

test('an operation whose signal was aborted before fails at once', async () => {
  const { failure } = await list(
    stand.operation([stand.simple()], { signal: AbortSignal.abort() }),
    { task: 'backup' },
  );
  assert.equal(failure?.code, 'TERMINATED');
});

test('a run that is cancelled after the commit keeps its copy, and tells the stop once', async () => {
  const { given } = surroundings(new AbortController().signal, (type) => {
    if (type === 'copy-committed') handle.cancel(STOP);
  });
  const handle = startRun(given, { task: 'backup' });
  const report = await handle.done;
  assert.equal(report.failure, undefined);
  assert.deepEqual(
    report.afterwards.map(({ code, message }) => [code, message]),
    [['INTERRUPTED', STOP.message]],
  );
  assert.equal(stand.copies().length, 1);
});
