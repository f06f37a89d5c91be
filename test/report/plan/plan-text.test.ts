import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import { renderAllTasks, renderPlan } from '../../../src/report/plan/plan-text.js';
import { factsOf } from '../../../src/sink/registry.js';
import { renderPlanJson } from '../../../src/wire/plan-json.js';
import { PLAN } from './plan-sample.js';

const BACKUP_TEXT = String.raw`task "backup", a backup
  sink     localfs
  root     /media/backup
  modes    directories 750, files 640, names to the second
  keeps    last 7, daily 14, yearly 3, within 3 d; at most 30 copies and 123456789012345678901 bytes
  max age  1 d 2 h
  at once  4 objects
  signs    manifests with ${'${credential:sign-key}'}; trusts ${'${file:/etc/palhm/old.pub}'} too

  group "databases"
    all "db".sql.zst, 1.4 GiB reserved
      MYSQL_PWD=${'${credential:db}'} TOKEN=… mysqldump --host=${'${run:host}'} | zstd
      stage 1 ends within 3 min 12 s, as user mysql
      expects at least 1.0 MiB, to shrink by 50% at most, to grow by 300% at most, stage 1 to end with "-- Dump completed"

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
    `task "default", a routine
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

test('says so when nothing limits the workers', () => {
  const text = renderPlan({ ...PLAN, workers: Number.POSITIVE_INFINITY }, 'test');
  assert.match(text, /^ {2}at once {2}any number of objects$/m);
});

test('shows every task of a config once, also those that a routine runs', () => {
  const headings = renderAllTasks(PLAN).match(/^task .*/gm);
  assert.deepEqual(headings, [
    'task "default", a routine',
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

test('writes the same as JSON', () => {
  const json = JSON.parse(renderPlanJson({ plan: PLAN, taskId: 'backup', factsOf }));
  assert.deepEqual(Object.keys(json), ['task', 'workers', 'tasks']);
  const [backup] = json.tasks;
  assert.deepEqual(backup.sink, {
    type: 'localfs',
    root: '/media/backup',
    directory_mode: '750',
    file_mode: '640',
    timespec: 'seconds',
    copies_limit: '30',
    size_limit: '123456789012345678901',
    keep: { last: 7, daily: 14, weekly: 0, monthly: 0, yearly: 3, within_ms: 259_200_000 },
  });
  assert.deepEqual(backup.sign, {
    key: '${credential:sign-key}',
    trusted: ['${file:/etc/palhm/old.pub}'],
  });
  assert.deepEqual(
    backup.groups.map((group: { id: string; depends: string[] }) => [group.id, group.depends]),
    [
      ['databases', []],
      ['nothing', ['databases']],
      ['files [&] <more>', ['databases', 'nothing']],
    ],
  );
  const plain = {
    cwd: null,
    timeout_ms: null,
    nice: null,
    ionice: null,
    user: null,
    inverse: null,
    signals: [],
    accepts: { min: 0, max: 0 },
  };
  assert.deepEqual(backup.groups[0].objects[0], {
    path: 'all "db".sql.zst',
    alloc_size: 1_503_238_554,
    expect: {
      min_size: 1_048_576,
      max_shrink_percent: 50,
      max_growth_percent: 300,
      texts: [{ type: 'ends-with', text: '-- Dump completed', stage: 1 }],
    },
    pipeline: [
      {
        ...plain,
        id: 'dump-db',
        argv: ['mysqldump', '--host=${run:host}'],
        env: { MYSQL_PWD: '${credential:db}', TOKEN: '…' },
        timeout_ms: 192_000,
        user: 'mysql',
      },
      { ...plain, id: 'zstd', argv: ['zstd'], env: {}, inverse: ['zstd', '-d'] },
    ],
    restore: null,
  });
});

test('writes routines and unlimited workers as JSON', () => {
  const unlimited = { ...PLAN, workers: Number.POSITIVE_INFINITY };
  const json = JSON.parse(renderPlanJson({ plan: unlimited, taskId: 'default', factsOf }));
  assert.equal(json.workers, null);
  assert.deepEqual(
    json.tasks.map((task: { id: string }) => task.id),
    ['default', 'backup', 'test'],
  );
  const [first, second, third] = json.tasks[0].steps;
  assert.deepEqual(first, {
    type: 'sigmask',
    changes: [
      { action: 'block', signals: ['SIGINT', 'SIGTERM'] },
      { action: 'unblock', signals: ['SIGHUP'] },
    ],
  });
  assert.deepEqual(second.exec.argv, ['dnf', '-y', 'update']);
  assert.deepEqual(third, { type: 'task', task: 'backup' });
});

test('no rendering holds the value of an environment', () => {
  for (const text of [
    renderPlan(PLAN, 'default'),
    renderPlanJson({ plan: PLAN, taskId: 'default', factsOf }),
  ]) {
    assert.ok(!text.includes('hunter2'));
  }
});
