import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCopies, renderStrangers } from '../../../src/report/copies/copies-text.js';
import { KNOWN, ORIGINAL, OURS } from './copies.js';

const listing = { copies: [ORIGINAL, OURS], strangers: [] };

test('lists copies as a table', () => {
  assert.equal(
    renderCopies('backup', listing, { json: false }),
    `copy                          size  objects        took  verified
2022-04-01T06:59:17+00:00    512 B        1                        no manifest
2022-05-01T06:59:17+00:00  1.4 GiB        2  3 min 12 s
2 copies                   1.4 GiB
`,
  );
});

test('shows when copies were verified and drilled', () => {
  assert.equal(
    renderCopies('backup', { copies: [ORIGINAL, KNOWN], strangers: [] }, { json: false }),
    `copy                          size  objects        took  verified                          drilled
2022-04-01T06:59:17+00:00    512 B        1                                                                   no manifest
2022-05-01T06:59:17+00:00  1.4 GiB        2  3 min 12 s  2022-05-02 1 of 2 whole, decoded  2022-05-03 failed
2 copies                   1.4 GiB
`,
  );
  const known = renderCopies('backup', { copies: [KNOWN], strangers: [] }, { json: true });
  const { verify, drill } = JSON.parse(known).copies[0];
  assert.deepEqual(verify, KNOWN.records.verify);
  assert.deepEqual(drill, {
    at: '2022-05-03T04:00:00.000Z',
    host: 'db2',
    result: 'failed',
    duration_ms: 1200,
    problem: 'mysql ended with 1',
  });
});

test('lists copies as the documented JSON, key for key', () => {
  const text = renderCopies('backup', listing, { json: true });
  assert.equal(
    JSON.stringify(JSON.parse(text)),
    '{"task":"backup","copies":[' +
      '{"prefix":"2022-04-01T06:59:17+00:00","size":512,"objects":1,"started":null,"finished":null,"manifest":false,"verify":null,"drill":null},' +
      '{"prefix":"2022-05-01T06:59:17+00:00","size":1503238554,"objects":2,"started":"2022-05-01T06:59:17.000Z","finished":"2022-05-01T07:02:29.000Z","manifest":true,"verify":null,"drill":null}]}',
  );
  assert.ok(text.endsWith('}\n'));
});

test('says that there are none', () => {
  const none = { copies: [], strangers: [] };
  assert.equal(renderCopies('backup', none, { json: false }), 'task "backup" has no copies\n');
  assert.deepEqual(JSON.parse(renderCopies('backup', none, { json: true })), {
    task: 'backup',
    copies: [],
  });
});

test('a clock set back in the middle of a run took no time, not less', () => {
  const copies = [{ ...OURS, finished: 0 }];
  assert.match(renderCopies('b', { copies, strangers: [] }, { json: false }), / 0\.0 s$/m);
});

test('names strangers harmlessly', () => {
  const strangers = [{ name: 'lost\u001b+found', why: 'its name is no prefix' }];
  assert.deepEqual(renderStrangers(strangers), [
    String.raw`left alone: "lost\x1b+found", its name is no prefix`,
  ]);
});
