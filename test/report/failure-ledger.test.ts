import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/failure/failure.js';
import { createFailureLedger } from '../../src/report/failure-ledger.js';
import { SAMPLES, STAGE_FAILED, stamp } from '../cli/show/samples.js';

test('shows a failed object once, under its name, with what was added on the way', () => {
  const ledger = createFailureLedger();
  assert.deepEqual(ledger.note(SAMPLES['object-failed']), []);
  const failure = STAGE_FAILED.withDetails(['rolled back']);
  assert.deepEqual(ledger.note(stamp({ type: 'failed', failure })), [
    { what: 'object "all-db.sql.zst" in group "databases"', failure },
  ]);
  assert.deepEqual(ledger.rest(), []);
});

test('forgets no second object that failed', () => {
  const ledger = createFailureLedger();
  const other = new Failure({ code: 'SINK_FULL', message: 'no space' });
  ledger.note({ ...SAMPLES['object-failed'], object: 'etc.tar', failure: other });
  ledger.note(SAMPLES['object-failed']);
  assert.deepEqual(
    ledger.note(SAMPLES.failed).map((notice) => notice.what),
    ['object "etc.tar" in group "databases"', 'object "all-db.sql.zst" in group "databases"'],
  );
});

test('shows a failure of many objects once, and says of how many', () => {
  const ledger = createFailureLedger();
  const [full, other] = ['too many open files', 'no space'].map(
    (message) => new Failure({ code: 'STAGE_NOT_STARTED', message, hint: 'raise the limit' }),
  );
  assert.ok(full && other);
  for (const [object, failure] of [
    ['a', full],
    ['b', full],
    ['c', other],
    ['d', full],
  ] as const)
    ledger.note({ ...SAMPLES['object-failed'], object, failure });
  const failure = full.withDetails(['rolled back']);
  assert.deepEqual(ledger.note(stamp({ type: 'failed', failure })), [
    { what: 'object "c" in group "databases"', failure: other },
    { what: 'object "a" in group "databases" and 2 more', failure },
  ]);
});

test('gives what no end of the run ever came for', () => {
  const ledger = createFailureLedger();
  ledger.note(SAMPLES['object-failed']);
  assert.equal(ledger.rest().length, 1);
  assert.equal(ledger.rest().length, 0);
});

for (const [code, what] of [
  ['LOCKED', 'task "backup"'],
  ['ROTATION_FAILED', 'rotation of task "backup"'],
  ['ROTATION_REFUSED', 'rotation of task "backup"'],
] as const) {
  test(`names the run when ${code} ends it`, () => {
    const ledger = createFailureLedger();
    ledger.note(SAMPLES['task-started']);
    const failure = new Failure({ code, message: 'm' });
    assert.deepEqual(ledger.note(stamp({ type: 'failed', failure })), [{ what, failure }]);
  });
}

test('names the task inside a routine that failed, and the routine when a step of its own did', () => {
  const ledger = createFailureLedger();
  ledger.note({ ...SAMPLES['task-started'], task: 'weekly' });
  ledger.note({ ...SAMPLES['task-started'], task: 'backup' });
  const locked = new Failure({ code: 'LOCKED', message: 'm' });
  const { report } = SAMPLES['task-failed'];
  const inner = { ...report, task: 'backup', failure: locked };
  ledger.note({ ...SAMPLES['task-failed'], task: 'backup', failure: locked, report: inner });
  const own = new Failure({ code: 'STAGE_FAILED', message: 'the hook' });
  const outer = { ...report, task: 'weekly', failure: own };
  ledger.note({ ...SAMPLES['task-failed'], task: 'weekly', failure: own, report: outer });
  const whatOf = (failure: Failure): unknown[] =>
    ledger.note(stamp({ type: 'failed', failure })).map(({ what }) => what);
  assert.deepEqual([whatOf(locked), whatOf(own)], [['task "backup"'], ['task "weekly"']]);
});
