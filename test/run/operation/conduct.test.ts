/** How an operation ends: what is told of it, in which order, and what whoever started it gets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StampedEvent } from '../../../src/events/events.js';
import { Failure } from '../../../src/failure/failure.js';
import { conduct } from '../../../src/run/operation/conduct.js';
import {
  describeHost,
  type Operation,
  openOperation,
} from '../../../src/run/operation/operation.js';
import { planOf } from '../../rig/plans.js';

const FIRST = new Failure({ code: 'COPY_NOT_FOUND', message: 'no such copy' });
const SECOND = new Failure({ code: 'UNLOCK_FAILED', message: 'the lock is stuck' });

/** An hour passes whenever somebody looks at the clock. */
function open(): { readonly operation: Operation; readonly events: StampedEvent[] } {
  const events: StampedEvent[] = [];
  let now = 0;
  const clock = (): number => (now += 3_600_000);
  const operation = openOperation({
    plan: planOf([]),
    host: { ...describeHost({}), clock },
    outlet: (event) => void events.push(event),
    signal: new AbortController().signal,
  });
  return { operation, events };
}

function endsOf(events: readonly StampedEvent[]): unknown[] {
  return events.map((event) => {
    if (event.type === 'failed') return event.failure.code;
    return event.type === 'run-finished' ? [event.result, event.exitCode] : event.type;
  });
}

test('what an operation has found is returned, and that it is done is told last', async () => {
  const { operation, events } = open();
  const report = await conduct(operation, 'list', async (about) => {
    about('daily').emit({ type: 'debug', message: 'at work' });
    return { found: 7 };
  });
  const { found, failure, afterwards, task, id } = report;
  assert.deepEqual([found, failure, afterwards, task], [7, undefined, [], 'daily']);
  assert.deepEqual(endsOf(events), ['debug', ['done', 0]]);
  for (const event of events) assert.deepEqual([event.run, event.task], [id, 'daily']);
  const last = events.at(-1);
  assert.ok(last?.type === 'run-finished');
  assert.equal(last.operation, 'list');
  assert.equal(last.durationMs, report.finished - report.started);
});

test('the failure is told first, then what went wrong while closing, then how it ended', async () => {
  const { operation, events } = open();
  const report = await conduct(operation, 'show', async () => {
    operation.aftermath.add(SECOND);
    throw FIRST;
  });
  assert.deepEqual([report.found, report.failure, report.afterwards], [undefined, FIRST, [SECOND]]);
  assert.deepEqual(endsOf(events), ['COPY_NOT_FOUND', 'UNLOCK_FAILED', ['failed', 1]]);
});

test('a verdict is a failure, and what was found is there all the same', async () => {
  const { operation, events } = open();
  const verdict = new Failure({ code: 'VERIFY_FAILED', message: 'one is damaged' });
  const report = await conduct(operation, 'verify', async () => ({ found: 1, failure: verdict }));
  assert.deepEqual([report.found, report.failure], [1, verdict]);
  assert.deepEqual(endsOf(events), ['VERIFY_FAILED', ['failed', 4]]);
});

test('what only goes wrong afterwards is told, and ends with 3', async () => {
  const { operation, events } = open();
  const report = await conduct(operation, 'rotate', async () => {
    operation.aftermath.add(SECOND);
    return { found: 1 };
  });
  assert.equal(report.failure, undefined);
  assert.deepEqual(endsOf(events), ['UNLOCK_FAILED', ['afterwards', 3]]);
});

test('a defect is thrown as it is, and no end is told', async () => {
  const { operation, events } = open();
  const defect = new TypeError('undefined is not a function');
  const ends = conduct(operation, 'list', () => Promise.reject(defect));
  await assert.rejects(ends, (error) => error === defect);
  assert.deepEqual(events, []);
});
