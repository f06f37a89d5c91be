import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCopies, renderStrangers } from '../../../src/report/copies/copies.js';
import { KNOWN, ORIGINAL, OURS } from './copies.js';

const listing = { copies: [ORIGINAL, OURS], strangers: [] };

test('lists copies as a table', () => {
  assert.equal(
    renderCopies('backup', listing),
    `copy                          size  objects        took  verified
2022-04-01T06:59:17+00:00    512 B        1                        no manifest
2022-05-01T06:59:17+00:00  1.4 GiB        2  3 min 12 s
2 copies                   1.4 GiB
`,
  );
});

test('shows when copies were verified and drilled', () => {
  assert.equal(
    renderCopies('backup', { copies: [ORIGINAL, KNOWN], strangers: [] }),
    `copy                          size  objects        took  verified                          drilled
2022-04-01T06:59:17+00:00    512 B        1                                                                   no manifest
2022-05-01T06:59:17+00:00  1.4 GiB        2  3 min 12 s  2022-05-02 1 of 2 whole, decoded  2022-05-03 failed
2 copies                   1.4 GiB
`,
  );
});

test('says that there are none', () => {
  const none = { copies: [], strangers: [] };
  assert.equal(renderCopies('backup', none), 'task "backup" has no copies\n');
});

test('a clock set back in the middle of a run took no time, not less', () => {
  const copies = [{ ...OURS, finished: 0 }];
  assert.match(renderCopies('b', { copies, strangers: [] }), / 0\.0 s$/m);
});

test('names strangers harmlessly', () => {
  const strangers = [{ name: 'lost\u001b+found', why: 'its name is no prefix' }];
  assert.deepEqual(renderStrangers(strangers), [
    String.raw`left alone: "lost\x1b+found", its name is no prefix`,
  ]);
});
