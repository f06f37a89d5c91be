import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { NO_HOOKS } from '../../../src/config/plan/hooks.js';
import type { ExecPlan, HooksPlan } from '../../../src/config/plan/plan.js';
import { run } from '../../../src/run/operations.js';
import { backupPlan, groupPlan, objectPlan, routinePlan, shell } from '../../rig/plans.js';
import { isAlive, pidIn } from '../../rig/processes.js';
import { openStand, type Stand } from '../../rig/stand.js';
import { until } from '../../rig/until.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

function hooks(lists: Partial<HooksPlan>): { readonly hooks: HooksPlan } {
  return { hooks: { ...NO_HOOKS, ...lists } };
}

function file(name: string): string {
  return join(stand.directory, name);
}

function read(name: string): string {
  return existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '';
}

function writes(line: string, name = 'log'): ExecPlan {
  return shell(`echo "${line}" >> ${file(name)}`);
}

/** A backup of one object `o` in group `g`. */
function backup(script: string, more: Parameters<typeof backupPlan>[2] = {}) {
  return backupPlan(stand.root, [groupPlan('g', [], [objectPlan('o', [shell(script)])])], more);
}

const TOLD =
  '$PALHM_HOOK $PALHM_STATE ${PALHM_ERROR_CODE-no} ${PALHM_GROUP-no} ${PALHM_OBJECT-no} ${PALHM_SIZE-no} ${PALHM_PREFIX:+prefix}';

suite('a hook', () => {
  test('is told how its part stands', async () => {
    const all = hooks({
      before: [writes(TOLD)],
      after: [writes(TOLD)],
      onError: [writes(TOLD)],
      always: [writes(TOLD)],
    });
    const object = objectPlan('o', [shell('printf data')], all);
    const other = objectPlan('p', [shell('printf more')]);
    const task = backupPlan(stand.root, [{ ...groupPlan('g', [], [object, other]), ...all }], all);
    await stand.run([task], { plan: { workers: 1 } });
    assert.deepEqual(read('log').trimEnd().split('\n'), [
      'before running no no no no ',
      'before running no g no no prefix',
      'before running no g o no prefix',
      'after done no g o 4 prefix',
      'always done no g o 4 prefix',
      'after done no g no 8 prefix',
      'always done no g no 8 prefix',
      'after done no no no 8 prefix',
      'always done no no no 8 prefix',
    ]);
  });
  test('is told why its part has failed, without secrets, and the copy that is not there is not named', async () => {
    writeFileSync(file('pw'), 'hunter22\n');
    const env = new Map([['PW', { type: 'file', path: file('pw') } as const]]);
    const script = shell('exit 3', { id: 'hunter22', env });
    const object = objectPlan('o-hunter22', [script]);
    const task = backupPlan(
      stand.root,
      [{ ...groupPlan('g', [], [object]), ...hooks({ onError: [writes('$PALHM_ERROR', 'why')] }) }],
      hooks({ onError: [writes(`${TOLD} $PALHM_ERROR`, 'why')] }),
    );
    await stand.failureOf([task]);
    assert.match(
      read('why'),
      /^bash exited with status 3 after .*\non-error failed STAGE_FAILED no no no {2}object ..?o-.*: bash exited with status 3/,
    );
    const failing = backup(
      'true',
      hooks({ before: [shell('exit 1', { env })], onError: [writes('$PALHM_ERROR', 'w')] }),
    );
    const failure = await stand.failureOf([failing]);
    assert.equal(failure.code, 'HOOK_FAILED');
    assert.match(failure.message, /^before of task "backup": bash exited with status 1/);
    assert.equal(read('w'), `${failure.message}\n`);
  });
  test('inherits nothing that the hook of another palhm was told', async () => {
    const host = {
      name: 'h',
      clock: Date.now,
      environment: { ...process.env, PALHM_ERROR_CODE: 'X', PALHM_SIZE: '7', PALHM_GROUP: 'outer' },
    };
    const task = backup('printf data', hooks({ before: [writes(TOLD)] }));
    await stand.run([task], { surroundings: { host } });
    assert.equal(read('log'), 'before running no no no no \n');
  });
  test('may make the place of the root, and a secret of the objects', async () => {
    writeFileSync(stand.root, 'not a directory yet');
    const env = new Map([['PW', { type: 'file', path: file('pw') } as const]]);
    const object = objectPlan('o', [shell('printf %s "$PW"', { env })]);
    const before = [shell(`rm ${stand.root}; echo hunter22 > ${file('pw')}`)];
    await stand.run([backupPlan(stand.root, [groupPlan('g', [], [object])], hooks({ before }))]);
    assert.equal(stand.copies().length, 1);
  });
  test('runs, each of its list, when one before it has failed: on-error and always', async () => {
    const lists = hooks({
      onError: [shell('exit 1'), writes('e2')],
      always: [shell('exit 1'), writes('a2')],
    });
    const report = await run(stand.operation([backup('exit 9', lists)]), { task: 'backup' });
    assert.equal(read('log'), 'e2\na2\n');
    assert.equal(report.failure?.code, 'STAGE_FAILED');
    assert.deepEqual(
      report.afterwards.map(({ code, message }) => [code, message.split(':')[0]]),
      [
        ['LATE_HOOK_FAILED', 'on-error 1 of 2 of task "backup"'],
        ['LATE_HOOK_FAILED', 'always 1 of 2 of task "backup"'],
      ],
    );
  });
  test('ends with its timeout, also when no signal stops it any more', async () => {
    const always = [shell('sleep 60', { timeout: { ms: 50 } })];
    const report = await run(stand.operation([backup('echo', hooks({ always }))]), {
      task: 'backup',
    });
    assert.equal(report.copy?.size, 1);
    assert.match(report.afterwards[0]?.message ?? '', /ran longer than its timeout/);
  });
  test('of an object that another one has cut short is always, and not on-error', async () => {
    const lists = (name: string) =>
      hooks({
        onError: [writes(`on-error ${name}`)],
        always: [writes(`always ${name} $PALHM_STATE`)],
      });
    const ready = file('ready');
    const slow = objectPlan('slow', [shell(`touch ${ready}; exec sleep 60`)], lists('slow'));
    const wait = `until [ -e ${ready} ]; do sleep 0.01; done; exit 1`;
    const bad = objectPlan('bad', [shell(wait)], lists('bad'));
    const groups = [
      { ...groupPlan('a', [], [slow]), ...lists('a') },
      { ...groupPlan('b', [], [bad]), ...lists('b') },
    ];
    await stand.failureOf([backupPlan(stand.root, groups)], { plan: { workers: 2 } });
    assert.deepEqual(read('log').trimEnd().split('\n').toSorted(), [
      'always a cancelled',
      'always b failed',
      'always bad failed',
      'always slow cancelled',
      'on-error b',
      'on-error bad',
    ]);
  });
  test('of a group that has no objects runs, too', async () => {
    const empty = {
      ...groupPlan('empty', [], []),
      ...hooks({ before: [writes('before')], always: [writes('always')] }),
    };
    const object = objectPlan('o', [shell('echo')]);
    await stand.run([backupPlan(stand.root, [empty, groupPlan('g', ['empty'], [object])])]);
    assert.equal(read('log'), 'before\nalways\n');
  });
});

suite('hooks of a task', () => {
  test('do not mix with those of another run: it ends with 75, and runs none', async () => {
    const started = file('started');
    const before = [
      writes('before'),
      shell(`touch ${started}; until [ -e ${file('go')} ]; do sleep 0.01; done`),
    ];
    const task = backup('echo data', hooks({ before, always: [writes('always')] }));
    const first = run(stand.operation([task]), { task: 'backup' });
    await until(() => existsSync(started));
    const second = await run(stand.operation([task]), { task: 'backup' });
    assert.equal(second.failure?.code, 'LOCKED');
    assert.match(second.failure.message, /^task "backup" is in use by another run: process \d+/);
    const third = run(stand.operation([task]), { task: 'backup', waitMs: 60_000 });
    await until(() => stand.events.some(({ type }) => type === 'lock-waiting'));
    writeFileSync(file('go'), '');
    assert.equal((await first).failure, undefined);
    assert.equal((await third).failure, undefined);
    assert.equal(read('log'), 'before\nalways\nbefore\nalways\n');
  });
  test('run in a dry run as far as the objects may need them', async () => {
    const lists = hooks({
      before: [writes('before')],
      after: [writes('after')],
      onError: [writes('on-error')],
      always: [writes('always')],
    });
    const left = { ...groupPlan('left', [], [objectPlan('x', [shell('echo')])]), ...lists };
    const wanted = { ...groupPlan('g', [], [objectPlan('o', [shell('echo')], lists)]), ...lists };
    const task = backupPlan(stand.root, [left, wanted], lists);
    await stand.run([task], { dryRunOf: ['o'] });
    assert.equal(read('log'), 'before\nbefore\nbefore\nalways\nalways\nalways\n');
  });
  test('that skip it let a routine go on', async () => {
    const skipped = backup('echo', hooks({ before: [shell('echo no disk >&2; exit 75')] }));
    const routine = routinePlan(
      [
        { type: 'task', taskId: 'backup' },
        { type: 'exec', exec: writes('next') },
      ],
      hooks({ after: [writes('after $PALHM_STATE')] }),
    );
    const report = await run(stand.operation([routine, skipped]), { task: 'r' });
    assert.equal(report.failure, undefined);
    assert.equal(read('log'), 'next\nafter done\n');
    assert.equal(report.children[0]?.skipped, 'before, bash, ended with 75: no disk');
    const ends = stand.events.flatMap((event) =>
      'hook' in event && 'result' in event ? [event.result] : [],
    );
    assert.deepEqual(ends, ['skipping', 'done']);
    assert.equal(existsSync(stand.root), false);
  });
  test('that fail are shown with what is known of the run, and no secret', async () => {
    const exec = shell('exit 1');
    const secret = { type: 'env', name: 'HOME', secret: true } as const;
    const task = { type: 'run', what: 'task' } as const;
    const argv = [...exec.argv, { type: 'concat', parts: [task, secret] } as const];
    const failure = await stand.failureOf([backup('echo', hooks({ before: [{ ...exec, argv }] }))]);
    assert.match(failure.details.join('\n'), /^command: bash -c 'exit 1' backup\$\{env:HOME\}$/m);
  });
  test('may accept 75 as a good end', async () => {
    const before = [shell('exit 75', { accepted: { min: 0, max: 75 } })];
    const report = await stand.run([backup('echo', hooks({ before }))]);
    assert.equal(report.skipped, undefined);
    assert.equal(stand.copies().length, 1);
  });
  test('may leave something running, which a failure of the run does not end', async () => {
    const daemon = `setsid sh -c 'echo $$ > ${file('daemon')}; exec sleep 60' </dev/null >/dev/null 2>&1 & until [ -s ${file('daemon')} ]; do sleep 0.01; done`;
    const stage = `setsid sh -c 'echo $$ > ${file('stage')}; exec sleep 60' </dev/null >/dev/null 2>&1 & until [ -s ${file('stage')} ]; do sleep 0.01; done; exit 1`;
    await stand.failureOf([backup(stage, hooks({ before: [shell(daemon)] }))]);
    const pid = pidIn(file('daemon'));
    try {
      assert.equal(isAlive(pidIn(file('stage'))), false);
      assert.equal(isAlive(pid), true);
    } finally {
      process.kill(pid);
    }
  });
});
