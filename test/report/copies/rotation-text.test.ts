import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RotationToShow, renderRotation } from '../../../src/report/copies/rotation-text.js';
import { ORIGINAL, OURS } from './copies.js';

const PLAN: RotationToShow = {
  fates: [
    { copy: ORIGINAL, action: 'remove', reason: 'the oldest of 2, 1 is kept' },
    { copy: OURS, action: 'keep', reason: 'the newest' },
  ],
  warnings: ['the clock is\nwrong'],
};

test('shows the fate of each copy and why', () => {
  assert.equal(
    renderRotation('backup', PLAN, { json: false }),
    String.raw`copy                          size  fate    reason
2022-04-01T06:59:17+00:00    512 B  remove  the oldest of 2, 1 is kept
2022-05-01T06:59:17+00:00  1.4 GiB  keep    the newest
warning: the clock is\nwrong
task "backup": 1 copy to keep, 1 to remove, 512 B to free
`,
  );
});

test('says that it is refused, and what would confirm it', () => {
  const text = renderRotation(
    'backup',
    { ...PLAN, warnings: [], refused: { removing: 6, of: 10 } },
    { json: false },
  );
  assert.equal(
    text.split('\n').at(-2),
    'refused: it would remove 6 of 10 copies at once. Nothing is removed unless --yes confirms it.',
  );
});

test('says that there is nothing to do', () => {
  const nothing = { fates: [], warnings: [] };
  assert.equal(
    renderRotation('backup', nothing, { json: false }),
    'task "backup": 0 copies to keep, none to remove\n',
  );
});

test('writes the same as JSON', () => {
  assert.deepEqual(JSON.parse(renderRotation('backup', PLAN, { json: true })), {
    task: 'backup',
    copies: [
      {
        prefix: '2022-04-01T06:59:17+00:00',
        size: 512,
        action: 'remove',
        reason: 'the oldest of 2, 1 is kept',
      },
      {
        prefix: '2022-05-01T06:59:17+00:00',
        size: 1_503_238_554,
        action: 'keep',
        reason: 'the newest',
      },
    ],
    keeping: 1,
    removing: 1,
    freeing: 512,
    refused: null,
    warnings: ['the clock is\nwrong'],
  });
});
