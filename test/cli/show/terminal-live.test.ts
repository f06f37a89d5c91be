import assert from 'node:assert/strict';
import { test } from 'node:test';
import { widthOf } from '../../../src/report/text.js';
import { SAMPLES, SIZE } from './samples.js';
import { liveBlocks, MIB, OPENED, opened, openStage, progressed, started } from './stage.js';

test('draws a line per running object, and below how far the backup is', () => {
  const { play, clock, screen } = openStage(100);
  play(SAMPLES['task-started'], opened(3), started('etc.tar.zst'));
  play(started('all-db.sql.zst.gpg', ['mysqldump', 'zstd', 'gpg']));
  clock.pass(2000);
  play(progressed('etc.tar.zst', 20 * MIB), progressed('all-db.sql.zst.gpg', SIZE));
  clock.pass(100);
  assert.deepEqual(screen.lines(), [
    OPENED(3),
    'etc.tar.zst         tar | zstd                20.0 MiB     9.5 MiB/s     0:02',
    'all-db.sql.zst.gpg  mysqldump | zstd | gpg     1.4 GiB   682.7 MiB/s     0:02',
    '0 of 3 objects done, 1.4 GiB, 692.2 MiB/s, 0:02',
  ]);
});

test('shows the rate of the last seconds: what stalls goes to zero', () => {
  const { play, clock, screen } = openStage();
  play(opened(2), started('a'));
  clock.pass(1000);
  play(progressed('a', 100 * MIB));
  clock.pass(4000);
  assert.match(screen.lines().at(-2) ?? '', /^a +tar \| zstd +100\.0 MiB +0 B\/s +0:05$/);
  play(progressed('a', 130 * MIB));
  clock.pass(1000);
  assert.match(screen.lines().at(-2) ?? '', / 6\.0 MiB\/s +0:06$/);
});

test('fits a window of 40 columns', () => {
  const { play, clock, screen } = openStage(40, 24);
  play(
    opened(2),
    started('srv/www/customers/all-of-them.tar.zst.gpg'),
    started('文書/資料/資料庫.tar'),
  );
  clock.pass(1000);
  play(progressed('文書/資料/資料庫.tar', SIZE));
  clock.pass(100);
  assert.deepEqual(screen.lines().slice(-3), [
    'srv/www/c….zst.gpg         0 B     0:01',
    '文書/資料…料庫.tar     1.4 GiB     0:01',
    '0 of 2 objects done, 1.4 GiB, 0:01',
  ]);
});

for (const columns of [1, 5, 12, 20, 33, 34, 53, 54, 80, 200]) {
  test(`draws no line wider than ${columns} columns`, () => {
    const { play, clock, output } = openStage(columns, 10);
    play(opened(300), started('文書/資料庫.tar'), started('x'.repeat(300), ['a'.repeat(300)]));
    play({ ...SAMPLES['exec-started'], command: 'y'.repeat(300) });
    clock.pass(1000);
    play(progressed('x'.repeat(300), 3 * SIZE));
    clock.pass(200);
    const blocks = liveBlocks(output.text());
    assert.notEqual(blocks.length, 0);
    for (const line of blocks.join('').split('\u001b[K\n')) {
      assert.ok(widthOf(line) <= Math.max(0, columns - 1), line);
    }
  });
}

test('draws no more lines than the window has, less three, of 200 running objects', () => {
  const { play, clock, screen } = openStage(100, 12);
  play(opened(200));
  for (let index = 0; index < 200; index += 1) play(started(`object-${index}`));
  clock.pass(100);
  assert.deepEqual(
    screen.visible().map((line) => line.replace(/ .*/, '')),
    ['copy', ...Array.from({ length: 7 }, (_, index) => `object-${index}`), '…', '0'],
  );
  assert.equal(screen.lines().at(-2), '… and 193 more');
  assert.equal(screen.lines().at(-1), '0 of 200 objects done, 0 B, 0 B/s, 0:00');
});

test('keeps to one line in a window of three', () => {
  const { play, clock, screen } = openStage(100, 3);
  play(opened(2), started('a'), started('b'));
  clock.pass(100);
  assert.deepEqual(screen.lines(), [OPENED(2), '0 of 2 objects done, 0 B, 0 B/s, 0:00']);
});

test('lets output scroll above the live lines, and nothing drive the terminal', () => {
  const { play, clock, screen } = openStage(80, 8);
  const evil = 'evil\u001b[2J\u009b31m\r.tar';
  play(opened(2), started(evil, ['cat\u001b[1A']));
  clock.pass(200);
  for (let index = 0; index < 20; index += 1) {
    play({ ...SAMPLES['stage-output'], source: evil, line: `line ${index}\u001b[5A\r`, level: 1 });
    clock.pass(60);
  }
  clock.pass(200);
  const lines = screen.lines();
  const name = String.raw`evil\x1b[2J\x9b31m\r.tar`;
  const output = lines.filter((line) => line.includes(' | line '));
  assert.deepEqual(
    output,
    Array.from(
      { length: 20 },
      (_, index) => String.raw`${name} mysqldump | line ${index}\x1b[5A\r`,
    ),
  );
  assert.equal(lines.at(-3), output.at(-1));
  assert.ok(lines.at(-2)?.startsWith(`${name}  cat\\x1b[1A `), lines.at(-2));
  assert.equal(lines.filter((line) => line.includes('objects done')).length, 1);
});

test('does not write more than ten times a second, however much happens', () => {
  const { play, clock, output } = openStage();
  play(opened(2), started('a'));
  const before = output.writes.length;
  for (let index = 1; index <= 200; index += 1) {
    play(progressed('a', index * MIB), { ...SAMPLES['stage-output'], level: 1 });
    clock.pass(10);
  }
  assert.ok(output.writes.length - before <= 21, String(output.writes.length - before));
  assert.ok(output.writes.length - before >= 15);
  assert.equal(output.text().split('a partial dump').length - 1, 200);
});

test('writes nothing while nothing changes, and ticks only while something runs', () => {
  const { play, clock, output, view } = openStage();
  play({ ...SAMPLES['exec-started'] });
  clock.pass(990);
  assert.equal(output.writes.length, 1);
  clock.pass(110);
  assert.equal(output.writes.length, 2);
  assert.equal(clock.timers(), 1);
  play(SAMPLES['exec-finished']);
  clock.pass(200);
  assert.equal(clock.timers(), 0);
  view.close();
  assert.equal(output.text().includes('finished dnf -y update in 4.1 s'), true);
});

test('finds its lines again when the window became narrower and broke them', () => {
  const { play, clock, output } = openStage(100, 24);
  play(opened(1), started('a'.repeat(60)), started('b'));
  clock.pass(100);
  const [first = '', second = '', status = ''] =
    liveBlocks(output.text()).at(-1)?.split('\u001b[K\n') ?? [];
  const rows = [first, second, status].map((line) => Math.ceil(line.length / 40));
  assert.deepEqual(rows, [3, 3, 1]);
  output.columns = 40;
  play(progressed('b', MIB));
  clock.pass(100);
  assert.ok(output.writes.at(-1)?.startsWith('\r\u001b[7A\u001b[J'), output.writes.at(-1));
});
