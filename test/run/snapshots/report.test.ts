/** How long something was frozen is in the report of the run, however that ends. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { GroupPlan } from '../../../src/config/plan/plan.js';
import { run } from '../../../src/run/operations.js';
import { backupPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { pair, stand } from './frozen-file.js';

suite('the report of a run', () => {
  const frozenGroup = (id: string, script: string): GroupPlan => {
    const object = objectPlan(id, [shell(script)]);
    const freeze = { place: object.place, max: { ms: 20_000 }, means: pair() };
    return { ...groupPlan(id, [], [object]), freeze };
  };

  test('has each group for which something was frozen, and how long', async () => {
    const groups = [
      frozenGroup('db', 'sleep 0.1; echo'),
      groupPlan('other', [], [objectPlan('o', [shell('echo')])]),
    ];
    const task = backupPlan(stand.root, groups);
    const { failure, freezes } = await run(stand.operation([task]), { task: task.id });
    assert.equal(failure, undefined);
    assert.deepEqual(
      freezes.map(({ group }) => group),
      ['db'],
    );
    assert.ok(Number(freezes[0]?.durationMs) >= 100);
  });
  test('has it also of a group that failed', async () => {
    const task = backupPlan(stand.root, [frozenGroup('db', 'exit 1')]);
    const { failure, freezes } = await run(stand.operation([task]), { task: task.id });
    assert.equal(failure?.code, 'STAGE_FAILED');
    assert.equal(freezes.length, 1);
  });
});
