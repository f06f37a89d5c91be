/** A run that is started, looked at while it goes on, and cancelled. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { RunReport } from '../../../src/events/run-report.js';
import { Failure } from '../../../src/failure/failure.js';
import { describeHost } from '../../../src/run/operation/operation.js';
import { type RunHandle, startRun } from '../../../src/run/task/run.js';
import { backupPlan, execPlan, groupPlan, objectPlan, planOf, shell } from '../../rig/plans.js';
import { openRig, type Rig } from '../../rig/rig.js';
import { openStand, type Stand } from '../../rig/stand.js';

let rig: Rig;
let stand: Stand;
before(async () => {
  rig = await openRig();
});
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());
after(() => rig.close());

/** A run of an object that is done at once and then one whose stage the test commands. */
function start(stage: string): RunHandle {
  const quick = groupPlan('quick', [], [objectPlan('a', [shell('printf a')])]);
  const slow = groupPlan('slow', ['quick'], [objectPlan('b', [execPlan(rig.argv(stage))])]);
  return startRun(
    {
      plan: planOf([backupPlan(stand.root, [quick, slow])]),
      host: describeHost(process.env),
      outlet: ({ run: _run, task: _task, time: _time, ...event }) => void stand.events.push(event),
      signal: new AbortController().signal,
    },
    { task: 'backup' },
  );
}

function statesOf(report: RunReport | undefined): unknown[] | undefined {
  return report?.objects.map(({ path, state, size }) => [path, state, size]);
}

test('the report grows while a run goes on, and ends as that of the run', async () => {
  const run = start('watched');
  assert.equal(run.report(), undefined, 'the task has not begun');
  const stage = await rig.invoked('watched');
  const snapshot = run.report();
  assert.deepEqual(statesOf(snapshot), [
    ['a', 'finished', 1],
    ['b', 'running', 0],
  ]);
  assert.deepEqual(
    [snapshot?.id, snapshot?.task, snapshot?.copy, snapshot?.failure],
    [run.id, 'backup', undefined, undefined],
  );
  await stage.tell({ do: 'print', text: 'late' });
  await stage.end({ do: 'exit', code: 0 });
  const report = await run.done;
  assert.deepEqual(statesOf(report), [
    ['a', 'finished', 1],
    ['b', 'finished', 4],
  ]);
  assert.deepEqual(stand.copies(), [report.copy?.prefix]);
  assert.deepEqual(run.report(), report);
  assert.deepEqual(statesOf(snapshot)?.[1], ['b', 'running', 0], 'a snapshot stays what it was');
});

test('a run that is cancelled ends with the reason, and its copy is rolled back', async () => {
  const run = start('cancelled');
  const stage = await rig.invoked('cancelled');
  const reason = new Failure({ code: 'TERMINATED', message: 'the host goes to sleep' });
  run.cancel(reason);
  run.cancel(new Failure({ code: 'INTERRUPTED', message: 'once more' }));
  const report = await run.done;
  await stage.gone;
  assert.equal(report.failure?.code, reason.code);
  assert.match(report.failure.message, /the host goes to sleep/);
  assert.equal(report.copy, undefined);
  assert.deepEqual(
    report.objects.map(({ state }) => state),
    ['finished', 'cancelled'],
  );
  assert.deepEqual([stand.copies(), stand.leftovers()], [[], []]);
  const kinds = stand.events.map(({ type }) => type);
  assert.ok(kinds.includes('copy-rolled-back'));
  assert.equal(kinds.at(-1), 'run-finished');
});

test('a run that cannot begin has a report of that alone', async () => {
  const run = startRun(
    {
      plan: planOf([backupPlan(stand.root, [])]),
      host: describeHost(process.env),
      outlet: () => undefined,
      signal: new AbortController().signal,
    },
    { task: 'nothing' },
  );
  const { failure, objects, task } = await run.done;
  assert.deepEqual([failure?.code, objects, task], ['USAGE', [], 'nothing']);
  assert.equal(run.report(), undefined);
  assert.ok(!existsSync(stand.root));
});
