/** An object whose stage fails, and whose consumer then fails as well. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import { run } from '../../../src/run/task/run.js';
import { createSink } from '../../../src/sink/registry.js';
import type { ObjectConsumer } from '../../../src/sink/sink.js';
import { backupPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';

const AWAY = new Failure({ code: 'SINK_UNAVAILABLE', message: 'the store went away' });

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

test('the stage stays the failure when its object cannot be given up', async () => {
  const object = objectPlan('a', [shell('exit 3')]);
  const backup = backupPlan(stand.root, [groupPlan('default', [], [object])]);
  const operation = stand.operation([backup], {
    async createSink(plan, context) {
      const sink = await createSink(plan, context);
      return {
        ...sink,
        async open(...opening) {
          const copy = await sink.open(...opening);
          return { ...copy, create: async (one) => failing(await copy.create(one)) };
        },
      };
    },
  });
  const { failure, afterwards } = await run(operation, { task: 'backup' });
  assert.equal(failure?.code, 'STAGE_FAILED');
  assert.deepEqual(afterwards, [AWAY]);
  assert.deepEqual([...stand.copies(), ...stand.leftovers()], []);
});

/** Does what it should, and then fails. */
function failing(consumer: ObjectConsumer): ObjectConsumer {
  return {
    ...consumer,
    async abort() {
      await consumer.abort();
      throw AWAY;
    },
  };
}
