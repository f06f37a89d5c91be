import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Event } from '../../../src/events/events.js';
import { Failure } from '../../../src/failure/failure.js';
import { endOf } from '../../../src/run/operation/end.js';
import { forTask } from '../../../src/run/operation/operation.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

const SECRET = 'hunter22';
const FAILURE = new Failure({
  code: 'SINK_FULL',
  message: `no ${SECRET}`,
  details: ['good', `| ${SECRET}`],
  hint: `give ${SECRET}`,
});

const EVENTS: readonly Event[] = [
  { type: 'failed', failure: FAILURE },
  { type: 'object-failed', object: 'o', group: 'g', failure: FAILURE },
  { type: 'warning', message: SECRET, details: [SECRET] },
  { type: 'debug', message: SECRET },
  { type: 'stopping', reason: SECRET },
  { type: 'lock-waiting', root: '/r', holder: SECRET },
  { type: 'object-damaged', object: 'o', problem: SECRET },
  { type: 'exec-started', command: SECRET },
  { type: 'drill-step-started', step: 'check', what: SECRET },
];

test('what palhm inherits and looks secret is known before anything runs', () => {
  const environment = { AWS_SECRET_ACCESS_KEY: SECRET };
  const host = { name: 'here', clock: Date.now, environment };
  const operation = stand.operation([], { host });
  operation.emit({ type: 'debug', message: `it said ${SECRET}` });
  const message = 'it said ${env:AWS_SECRET_ACCESS_KEY}';
  assert.deepEqual(stand.events, [{ type: 'debug', message }]);
});

test('whatever an operation tells, reports or keeps for its end is without secrets', async () => {
  const operation = forTask(stand.operation([]), 'backup');
  operation.redactor.learn(SECRET, '<pw>');
  for (const event of EVENTS) operation.emit(event);
  operation.aftermath.add(FAILURE);
  operation.aftermath.add(new Error(SECRET));
  const { failure } = await endOf(operation, () => Promise.reject(FAILURE));
  assert.equal(stand.events.length, EVENTS.length);
  const kept = [failure, ...operation.aftermath.failures];
  const texts = kept.map((one) => [one?.message, one?.details, one?.hint]);
  assert.deepEqual(texts[0], ['no <pw>', ['good', '| <pw>'], 'give <pw>']);
  assert.doesNotMatch(JSON.stringify([stand.events, texts]), /hunter/);
});
