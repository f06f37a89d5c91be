import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderRotation } from '../../../src/report/copies/rotation.js';
import type { RotationPreview } from '../../../src/wire/rotation.js';
import { ORIGINAL, OURS } from './copies.js';

const PLAN: RotationPreview = {
  fates: [
    { copy: ORIGINAL, action: 'remove', reason: 'the oldest of 2, 1 is kept' },
    { copy: OURS, action: 'keep', reason: 'the newest' },
  ],
  refused: undefined,
  warnings: ['the clock is\nwrong'],
};

test('shows the fate of each copy and why', () => {
  assert.equal(
    renderRotation('backup', PLAN),
    String.raw`copy                          size  fate    reason
2022-04-01T06:59:17+00:00    512 B  remove  the oldest of 2, 1 is kept
2022-05-01T06:59:17+00:00  1.4 GiB  keep    the newest
warning: the clock is\nwrong
task "backup": 1 copy to keep, 1 to remove, 512 B to free
`,
  );
});

test('says that it is refused, and what would confirm it', () => {
  const text = renderRotation('backup', {
    ...PLAN,
    warnings: [],
    refused: { removing: 6, of: 10 },
  });
  assert.equal(
    text.split('\n').at(-2),
    'refused: it would remove 6 of 10 copies at once. Nothing is removed unless --yes confirms it.',
  );
});

test('says that there is nothing to do', () => {
  const nothing = { fates: [], refused: undefined, warnings: [] };
  assert.equal(
    renderRotation('backup', nothing),
    'task "backup": 0 copies to keep, none to remove\n',
  );
});
