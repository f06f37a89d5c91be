import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findDoubts } from '../../../src/run/probe/doubts.js';
import { backupPlan, groupPlan, objectPlan, planOf, shell } from '../../rig/plans.js';
import { makeScratch } from '../../rig/scratch.js';

test('a check warns of a root that is a file, of a user without root, of an id that no unit can have', async () => {
  const directory = makeScratch();
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const stage = shell('true', { user: 'nobody' });
  const groups = [groupPlan('g', [], [objectPlan('o', [stage])])];
  const backup = { ...backupPlan(file, groups), id: 'my/backup' };
  const asUser = [
    'task "my/backup" cannot be run by palhm@.service: the name of a unit has letters, digits and : _ . @ - alone',
    '"user": "nobody" takes palhm running as root, and this one is not',
    `the root ${file} is not a directory`,
  ];
  assert.deepEqual(await findDoubts(planOf([backup]), {}, 1000), asUser);
  const good = { ...backupPlan(join(directory, 'absent'), groups), id: 'db-daily.2' };
  assert.deepEqual(await findDoubts(planOf([good]), {}, 0), []);
});
