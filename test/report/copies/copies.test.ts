import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCopies, renderStrangers } from '../../../src/report/copies/copies.js';
import { KNOWN, ORIGINAL, OURS } from './copies.js';

const NOW = Date.UTC(2026, 0, 1);
const BACKUP = { task: 'backup', root: '/media/backup' };
const listing = { copies: [ORIGINAL, OURS], strangers: [] };

test('lists copies as a table', () => {
  assert.equal(
    renderCopies(BACKUP, listing, NOW),
    `copy                          size  objects        took  verified
2022-04-01T06:59:17+00:00    512 B        1                        no manifest
2022-05-01T06:59:17+00:00  1.4 GiB        2  3 min 12 s
2 copies                   1.4 GiB
`,
  );
});

test('shows when copies were verified and drilled', () => {
  assert.equal(
    renderCopies(BACKUP, { copies: [ORIGINAL, KNOWN], strangers: [] }, NOW),
    `copy                          size  objects        took  verified                          drilled
2022-04-01T06:59:17+00:00    512 B        1                                                                   no manifest
2022-05-01T06:59:17+00:00  1.4 GiB        2  3 min 12 s  2022-05-02 1 of 2 whole, decoded  2022-05-03 failed
2 copies                   1.4 GiB
`,
  );
});

test('says that there are none', () => {
  const none = { copies: [], strangers: [] };
  assert.equal(
    renderCopies(BACKUP, none, NOW),
    'task "backup" has no copies in /media/backup: is this the right root, and is it mounted?\n',
  );
});

test('marks what is dated after now', () => {
  const text = renderCopies(BACKUP, listing, Date.UTC(2022, 2, 1));
  assert.match(text, /^2022-04.* no manifest, dated after now$/m);
  assert.match(text, /^2022-05.* {2}dated after now$/m);
});

test('a clock set back in the middle of a run took no time, not less', () => {
  const copies = [{ ...OURS, finished: 0 }];
  assert.match(renderCopies(BACKUP, { copies, strangers: [] }, NOW), / 0\.0 s$/m);
});

test('names strangers harmlessly', () => {
  const strangers = [{ name: 'lost\u001b+found', why: 'its name is no prefix' }];
  assert.deepEqual(renderStrangers(strangers), [
    String.raw`left alone: "lost\x1b+found", its name is no prefix`,
  ]);
});
