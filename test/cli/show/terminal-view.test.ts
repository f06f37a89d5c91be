import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OBJECT, PREFIX, REPORT, SAMPLES, STAGE_FAILED } from './samples.js';
import { OPENED, opened, openStage, started } from './stage.js';

test('replaces the live lines by a calm table', () => {
  const { play, clock, screen, view } = openStage(100);
  play(SAMPLES['task-started'], opened(2), started('all-db.sql.zst'), started('etc.tar'));
  clock.pass(4100);
  play({ ...SAMPLES['object-finished'], object: 'etc.tar', size: 512, durationMs: 4100 });
  play(SAMPLES['object-finished'], SAMPLES['group-finished'], SAMPLES['copy-committed']);
  play(SAMPLES['copy-removed'], SAMPLES['rotation-finished'], SAMPLES['task-finished']);
  view.close();
  assert.deepEqual(screen.lines(), [
    OPENED(2),
    'group "databases" finished',
    '',
    'object                 size        time',
    'all-db.sql.zst      1.4 GiB  3 min 12 s',
    'etc.tar               512 B       4.1 s',
    'total of 2 objects  1.4 GiB  3 min 12 s',
    '',
    `copy      /media/backup/${PREFIX}`,
    'frozen    0.3 s for group "db"',
    'rotation  30 copies kept, 1 removed, 1.4 GiB freed',
    '          removed  2022-03-01T06:59:17+00:00  1.4 GiB  the oldest of 31, 30 are kept',
  ]);
});

test('shows the largest of very many objects and counts the others', () => {
  const { play, screen, view } = openStage(80, 24);
  const objects = Array.from({ length: 500 }, (_, index) => ({
    ...OBJECT,
    path: `o${index}`,
    size: index + 1,
    durationMs: 100,
  }));
  play(opened(500), { ...SAMPLES['task-finished'], report: { ...REPORT, objects } });
  view.close();
  const lines = screen.lines();
  const table = lines.slice(lines.indexOf('') + 2);
  assert.equal(table[0], 'o499                      500 B       0.1 s');
  assert.equal(table[19], 'o480                      481 B       0.1 s');
  assert.equal(table[20], '480 smaller ones      112.7 KiB');
  assert.equal(table[21], 'total of 500 objects    1.4 GiB  3 min 12 s');
});

const ROUTINE_FINISHED = {
  ...SAMPLES['task-finished'],
  task: 'default',
  report: { ...REPORT, kind: 'routine', copy: undefined, objects: [], rotation: undefined },
} as const;

test('shows the exec of a routine while it runs', () => {
  const { play, clock, screen } = openStage();
  play({ ...SAMPLES['task-started'], task: 'default', kind: 'routine' }, SAMPLES['exec-started']);
  clock.pass(61_000);
  assert.deepEqual(screen.lines(), [
    'routine task "default" started',
    `dnf -y update${' '.repeat(31)}1:01`,
  ]);
  play(SAMPLES['exec-finished'], ROUTINE_FINISHED);
  clock.pass(100);
  assert.deepEqual(screen.lines(), [
    'routine task "default" started',
    'finished dnf -y update in 4.1 s',
    'task "default" finished in 3 min 12 s',
  ]);
});

test('leaves a failure as the last thing on the screen, and no table', () => {
  const { play, clock, screen, view } = openStage(100);
  play(SAMPLES['task-started'], opened(2), started('all-db.sql.zst'), started('etc.tar'));
  clock.pass(1000);
  play(SAMPLES['object-failed'], SAMPLES.stopping, SAMPLES['object-cancelled']);
  clock.pass(500);
  play(SAMPLES['copy-rolled-back'], SAMPLES.failed);
  view.close();
  assert.deepEqual(screen.lines(), [
    OPENED(2),
    'object "all-db.sql.zst" failed: stage 1 of 3, mysqldump, exited with status 2 after 4.1 s',
    'stopping: an object failed',
    `copy ${PREFIX} of task "backup" rolled back: nothing of it was kept`,
    `failed  object "all-db.sql.zst" in group "databases"${' '.repeat(36)}STAGE_FAILED`,
    '  stage 1 of 3, mysqldump, exited with status 2 after 4.1 s',
    '  stages 2 (zstd) and 3 (gpg) ended normally.',
    '  last lines of stderr:',
    "    | mysqldump: Got error: 1045: Access denied for user 'root'@'localhost'",
    '  configured at /etc/palhm/palhm.jsonc:12:7',
    '  next: look at its last lines, then run it by hand as the user of palhm',
  ]);
  assert.equal(clock.timers(), 0);
});

test('shows the table of a safe copy before the failure of what came after it', () => {
  const { play, screen, view } = openStage(100);
  play(SAMPLES['task-started'], opened(1), SAMPLES['object-finished'], SAMPLES['copy-committed']);
  play({ ...SAMPLES['task-finished'], report: { ...REPORT, afterwards: [STAGE_FAILED] } });
  play(SAMPLES.failed);
  view.close();
  const lines = screen.lines();
  const table = lines.findIndex((line) => line.startsWith('copy      /media'));
  const block = lines.findIndex((line) => line.startsWith('failed  task "backup"'));
  assert.ok(table !== -1 && table < block, lines.join('\n'));
});
