/** What has no manifest belongs to nobody in a root that two tasks of the config use. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { BackupPlan } from '../../../src/config/plan/plan.js';
import { listCopies } from '../../../src/run/copies/inspect.js';
import { rotateTask } from '../../../src/run/copies/rotate-task.js';
import { plantOriginal } from '../../rig/copies.js';
import { openStand, type Stand } from '../../rig/stand.js';

const ORIGINALS = ['2020-01-01T00:00:00+00:00', '2020-01-02T00:00:00+00:00'];
const ONE = { copies: { type: 'at-most', value: 1n } } as const;

let stand: Stand;
beforeEach(() => {
  stand = openStand();
  for (const name of ORIGINALS) plantOriginal(stand.root, name);
});
afterEach(() => stand.close());

/** A task with the same sink but for its root. */
function another(root: string): BackupPlan {
  const backup = stand.simple();
  if (backup.sink.type !== 'localfs') throw new Error('not a localfs plan');
  return { ...backup, id: 'another', sink: { ...backup.sink, root } };
}

function rotate(...others: readonly BackupPlan[]): Promise<unknown> {
  const backup = stand.simple(ONE);
  return rotateTask(stand.operation([backup, ...others]), backup, {
    task: 'backup',
    confirmed: false,
    waitMs: 0,
  });
}

test('the task that has the root alone rotates it, and keeps the newest', async () => {
  await rotate(another(join(stand.directory, 'elsewhere')));
  assert.deepEqual(stand.copies(), ORIGINALS.slice(1));
});

for (const [how, rootOf] of [
  ['by the same path', () => stand.root],
  [
    'through a symbolic link',
    () => {
      const link = join(stand.directory, 'link');
      symlinkSync(stand.root, link);
      return link;
    },
  ],
] as const)
  test(`a task whose root is another's ${how} lets it be`, async () => {
    const other = another(rootOf());
    await rotate(other);
    assert.deepEqual(stand.copies(), ORIGINALS);
    const backup = stand.simple();
    const { listing } = await listCopies(stand.operation([backup, other]), backup);
    assert.deepEqual(listing.copies, []);
    assert.match(listing.strangers[0]?.why ?? '', /task "another" of the config has the same root/);
  });

test('a good copy goes neither for an empty directory nor for a half copy of its day', async () => {
  const backup = stand.simple({
    ...ONE,
    keep: { last: 0, daily: 1, weekly: 0, monthly: 0, yearly: 0, within: undefined },
  });
  const clock = () => Date.UTC(2026, 10, 20, 12);
  await stand.run([backup], { clock });
  const [good = ''] = stand.copies().slice(-1);
  mkdirSync(join(stand.root, '2026-11-20T13:00:00+00:00'));
  plantOriginal(stand.root, '2026-11-20T14:00:00+00:00');
  const later = { ...stand.operation([backup]) };
  const host = { ...later.host, clock: () => Date.UTC(2026, 10, 20, 15) };
  await rotateTask({ ...later, host }, backup, { task: 'backup', confirmed: true, waitMs: 0 });
  assert.deepEqual(stand.copies(), [good, '2026-11-20T13:00:00+00:00']);
});
