import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import { renderAllTasks, renderPlan } from '../../../src/report/plan/plan.js';
import { wordRetention } from '../../../src/report/plan/wording.js';
import { factsOf } from '../../../src/sink/registry.js';
import { writeJson } from '../../../src/wire/json-text.js';
import { encodePlan } from '../../../src/wire/plan.js';
import { PLAN } from './plan-sample.js';

const BACKUP_TEXT = String.raw`task "backup", a backup
  sink     localfs
  root     /media/backup
  modes    directories 750, files 640, names to the second
  keeps    last 7, daily 14, yearly 3, within 3 d; at most 30 copies and 123456789012345678901 bytes
  max age  1 d 2 h
  at once  4 objects
  signs    manifests with ${'${credential:sign-key}'}; trusts ${'${file:/etc/palhm/old.pub}'} too

  before
    1. mount /media/backup
       accepts exit codes 0 to 32
  on-error
    1. tell
    2. beep
  always
    1. umount /media/backup
  pre-recovery
    1. stop all
  end-recovery
    1. update-grub
  post-recovery
    1. start all

  group "databases"
    reads a snapshot of the LVM volumes vg0/mysql, vg0/log
    before
      1. stop app
    all "db".sql.zst, 1.4 GiB reserved
      MYSQL_PWD=${'${credential:db}'} TOKEN=… mysqldump --host=${'${run:host}'} | zstd
      stage 1 ends within 3 min 12 s, as user mysql
      expects at least 1.0 MiB, to shrink by 50% at most, to grow by 300% at most, stage 1 to end with "-- Dump completed"
      always
        1. rm -f /tmp/x

  group "nothing", after "databases", empty

  group "files [&] <more>", after "databases", "nothing"
    etc\n\x1b.tar
      /usr/bin/tar -C '/etc dir' -c .
      stage 1 accepts exit codes 0 to 1, accepts death by SIGPIPE, in /etc, nice 10, ionice best-effort 7

  drill, ends within 3 min 12 s, the scratch directory is of mysql
    prepare
      1. mkdir ${'${run:directory}'}
         as user mysql
    restore all "db".sql.zst
      cat | mysql
    check
      1. mysql -e 'SELECT 1'
         accepts exit codes 0 to 1
`;

test('shows what a backup would run, in order, values as references', () => {
  assert.equal(renderPlan(PLAN, 'backup'), BACKUP_TEXT);
});

test('shows a routine and below it each task it runs, once', () => {
  assert.equal(
    renderPlan(PLAN, 'default'),
    `task "default", a routine, which goes on when a step fails
  after
    1. tell
  1. sigmask: block SIGINT, SIGTERM; unblock SIGHUP
  2. dnf -y update
     accepts exit code 3
  3. task "backup"
  4. task "test"
  5. task "backup"

${BACKUP_TEXT}
task "test", a backup
  sink     null: nothing is stored
  at once  4 objects

  group "default", empty
`,
  );
});

test('says of a limit of 0 that the newest copy stays', () => {
  const zero = { type: 'at-most', value: 0n } as const;
  assert.equal(
    wordRetention({ copies: zero, size: { type: 'none' }, keep: undefined }),
    'at most 0 copies (the newest always stays)',
  );
});

test('says so when nothing limits the workers', () => {
  const text = renderPlan({ ...PLAN, workers: Number.POSITIVE_INFINITY }, 'test');
  assert.match(text, /^ {2}at once {2}any number of objects$/m);
});

test('shows every task of a config once, also those that a routine runs', () => {
  const headings = renderAllTasks(PLAN).match(/^task .*/gm);
  assert.deepEqual(headings, [
    'task "default", a routine, which goes on when a step fails',
    'task "backup", a backup',
    'task "test", a backup',
  ]);
});

test('refuses a task that does not exist and names those that do', () => {
  assert.throws(
    () => renderPlan(PLAN, 'bakup'),
    (error) =>
      error instanceof Failure &&
      error.code === 'USAGE' &&
      error.message.startsWith('there is no task "bakup"') &&
      error.hint === 'name one of: default, backup, test',
  );
});

test('no rendering holds the value of an environment', () => {
  for (const text of [
    renderPlan(PLAN, 'default'),
    writeJson(encodePlan(PLAN, 'default', factsOf)),
  ]) {
    assert.ok(!text.includes('hunter2'));
  }
});
