import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { TaskPlan } from '../../../src/config/plan/plan.js';
import type { Value } from '../../../src/config/plan/value.js';
import type { RunReport } from '../../../src/events/run-report.js';
import { run } from '../../../src/run/task/run.js';
import { backupPlan, groupPlan, objectPlan, routinePlan, shell } from '../../rig/plans.js';
import { startFake } from '../../rig/s3/fake/fake.js';
import { makeBucket, s3Plan } from '../../rig/s3/server.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

function secretFile(name: string, text?: string): Value {
  const path = join(stand.directory, name);
  if (text !== undefined) writeFileSync(path, text);
  return { type: 'file', path };
}

function environment(entries: Readonly<Record<string, Value>>) {
  return { env: new Map(Object.entries(entries)) };
}

function manifestText(): string {
  return readFileSync(join(stand.root, stand.copies()[0] ?? '', '.palhm-manifest.json'), 'utf8');
}

function routine(steps: readonly ReturnType<typeof shell>[]): TaskPlan {
  const execs = steps.map((exec) => ({ type: 'exec', exec }) as const);
  return routinePlan(execs);
}

suite('a secret', () => {
  test('that another object prints is in neither log nor manifest, before its own stage has started', async () => {
    const pw = secretFile('pw', 'hunter22\n');
    const first = objectPlan('first', [
      shell(`cat ${join(stand.directory, 'pw')} >&2; exit 3`, { accepted: { min: 0, max: 3 } }),
    ]);
    const second = objectPlan('second', [shell('echo data', environment({ PW: pw }))]);
    const groups = [groupPlan('a', [], [first]), groupPlan('b', ['a'], [second])];
    await stand.run([backupPlan(stand.root, groups)]);
    const told = JSON.stringify(stand.events) + manifestText();
    assert.doesNotMatch(told, /hunter22/);
    assert.match(told, /\$\{file:[^}]*pw\}/);
  });

  test('of the environment that palhm inherits, of the sink, or a literal with such a name is in no log', async () => {
    const parts = ['part-9', ':'].map((text) => ({ type: 'literal', text }) as const);
    const concat = { type: 'concat', parts } as const;
    const script = 'env >&2; echo pass-7-pass >&2; exit 1';
    const object = objectPlan('o', [
      shell(
        script,
        environment({ MYSQL_PWD: { type: 'literal', text: 'literal-8' }, DB_PASSWORD: concat }),
      ),
      shell('cat >/dev/null; echo literal-8 part-9 >&2'),
    ]);
    const host = {
      name: 'here',
      clock: Date.now,
      environment: { PATH: process.env['PATH'], AWS_SECRET_ACCESS_KEY: 'pass-7-pass' },
    };
    const operation = stand.operation([backupPlan(stand.root, [groupPlan('g', [], [object])])], {
      host,
    });
    const report: RunReport = await run(operation, { task: 'backup' });
    const told = JSON.stringify([stand.events, report, report.failure?.details]);
    assert.doesNotMatch(told, /pass-7|literal-8|part-9/);
    assert.match(report.failure?.details.join() ?? '', /MYSQL_PWD=\$\{env:MYSQL_PWD\}/);
  });

  test('of the sink is in no log, whoever prints it', async () => {
    const fake = await startFake();
    const bucket = await makeBucket(fake);
    const keys = { ...fake, accessKeyId: 'an-id-of-mine', secretAccessKey: 'wJalr/K7MDENG+bPxR' };
    const object = objectPlan('o', [shell('echo wJalr/K7MDENG+bPxR >&2; echo data')]);
    const groups = [groupPlan('g', [], [object])];
    await stand.run([backupPlan(stand.root, groups, { sink: s3Plan(keys, { bucket }) })]);
    await fake.stop();
    const told = JSON.stringify(stand.events);
    assert.match(told, /"line":"\$\{secret-access-key\}"/);
    assert.doesNotMatch(told, /MDENG/);
  });

  test('that is absent, empty or not UTF-8 fails the backup before a copy is opened, all of them at once', async () => {
    const mark = join(stand.directory, 'mark');
    const object = objectPlan('o', [
      shell(`touch ${mark}`),
      shell('cat', environment({ A: secretFile('absent'), B: secretFile('empty', '\n') })),
    ]);
    const failure = await stand.failureOf([backupPlan(stand.root, [groupPlan('g', [], [object])])]);
    assert.equal(failure.code, 'REFERENCE_UNRESOLVED');
    assert.match(failure.message, /absent\}: ENOENT/);
    assert.match(failure.details.join(), /empty\}: the file is empty/);
    assert.match(failure.hint ?? '', /^write the secret into .*absent, or .*; write .*empty$/);
    assert.deepEqual(failure.place, { file: 'test.jsonc', line: 1, column: 1 });
    assert.ok(!existsSync(mark));
    assert.ok(!stand.events.some(({ type }) => type === 'copy-opened'));
    assert.deepEqual(stand.leftovers(), []);
  });

  test('that cannot be kept out of the log is said once, by its name', async () => {
    const pw = secretFile('pw', 'abc');
    const stages = () => [shell('echo abc >&2; echo data', environment({ PW: pw }))];
    const objects = ['a', 'b'].map((path) => objectPlan(path, stages()));
    await stand.run([backupPlan(stand.root, [groupPlan('g', [], objects)])]);
    const warnings = stand.events.filter(({ type }) => type === 'warning');
    assert.deepEqual(warnings, [
      {
        type: 'warning',
        message: `\${file:${join(stand.directory, 'pw')}} cannot be kept out of logs: it has fewer than 4 characters`,
        details: ['Replacing it would damage other words. Choose a longer secret.'],
      },
    ]);
  });

  test('that palhm inherits and that cannot be kept out of the log is said, too', async () => {
    const inherited = { PATH: process.env['PATH'], DB_PASSWORD: 'abc' };
    const host = { name: 'here', clock: Date.now, environment: inherited };
    await run(stand.operation([stand.simple()], { host }), { task: 'backup' });
    const warnings = stand.events.flatMap((event) =>
      event.type === 'warning' ? [event.message] : [],
    );
    assert.deepEqual(warnings, [
      '${env:DB_PASSWORD} cannot be kept out of logs: it has fewer than 4 characters',
    ]);
  });

  test('that a step makes or changes is known from the step that uses it', async () => {
    const pw = secretFile('pw');
    const path = join(stand.directory, 'pw');
    const use = shell('echo "$PW" >&2', environment({ PW: pw }));
    await stand.run(
      [routine([shell(`echo first-one >${path}`), use, shell(`echo other-one >${path}`), use])],
      { task: 'r' },
    );
    const lines = stand.events.flatMap((event) =>
      event.type === 'stage-output' ? [event.line] : [],
    );
    assert.deepEqual(lines, Array(2).fill(`\${file:${path}}`));
  });

  test('that no step of a routine makes fails the step that uses it', async () => {
    const use = shell('true', environment({ PW: secretFile('pw') }));
    const failure = await stand.failureOf([routine([shell('true'), use])], { task: 'r' });
    assert.equal(failure.code, 'REFERENCE_UNRESOLVED');
    assert.equal(stand.events.filter(({ type }) => type === 'exec-finished').length, 1);
  });
});
