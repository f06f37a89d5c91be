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
