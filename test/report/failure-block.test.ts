import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/failure/failure.js';
import { renderFailure } from '../../src/report/failure-block.js';
import { STAGE_FAILED } from '../cli/show/samples.js';

test('says what failed, where, why, what became of the data and what to do next', () => {
  const failure = STAGE_FAILED.withDetails(['The copy was rolled back; nothing was stored.']);
  const what = 'object "all-db.sql.zst.gpg" in group "databases"';
  assert.deepEqual(renderFailure(failure, { what, width: 80 }), [
    'failed  object "all-db.sql.zst.gpg" in group "databases"            STAGE_FAILED',
    '  stage 1 of 3, mysqldump, exited with status 2 after 4.1 s',
    '  stages 2 (zstd) and 3 (gpg) ended normally.',
    '  last lines of stderr:',
    "    | mysqldump: Got error: 1045: Access denied for user 'root'@'localhost'",
    '  The copy was rolled back; nothing was stored.',
    '  configured at /etc/palhm/palhm.jsonc:12:7',
    '  next: look at its last lines, then run it by hand as the user of palhm',
  ]);
});

test('puts the message first when nothing else has a name', () => {
  const failure = new Failure({ code: 'LOCKED', message: 'Process 4711 holds /media/backup.' });
  assert.deepEqual(renderFailure(failure), ['failed  Process 4711 holds /media/backup.  LOCKED']);
});

test('never pushes the code into what failed', () => {
  const failure = new Failure({ code: 'LOCKED', message: 'held' });
  const [headline] = renderFailure(failure, { what: 'task "backup"', width: 10 });
  assert.equal(headline, 'failed  task "backup"  LOCKED');
});

test('lets no text break its line or drive the terminal', () => {
  const failure = new Failure({
    code: 'SINK_FULL',
    message: 'no space\nat all',
    details: ['| \u001b[2J\n|', 'a\tb'],
    hint: 'free some\nthen run again',
  });
  assert.deepEqual(renderFailure(failure, { what: 'object "a\nb"' }), [
    String.raw`failed  object "a\nb"  SINK_FULL`,
    String.raw`  no space\nat all`,
    String.raw`    | \x1b[2J\n|`,
    '  a\tb',
    String.raw`  next: free some\nthen run again`,
  ]);
});

test('shows a defect with its stack and what caused it, and asks to report it', () => {
  const cause = new Error('deep');
  cause.stack = 'Error: deep\n    at deep.js:2:2';
  const error = new TypeError('x is not a function', { cause });
  error.stack = 'TypeError: x is not a function\n    at main.js:1:1';
  assert.deepEqual(renderFailure(error), [
    'failed  This is a defect of palhm, not of your config or your host.  DEFECT',
    '  TypeError: x is not a function',
    '      at main.js:1:1',
    '  caused by Error: deep',
    '      at deep.js:2:2',
    '  next: report it with these lines and the output of "palhm --version"',
  ]);
});

test('shows even what is no error at all', () => {
  assert.equal(renderFailure('boom')[1], '  thrown: boom');
});
