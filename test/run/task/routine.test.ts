import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { openSignalGate, type SignalGate } from '../../../src/cli/signals.js';
import { NO_HOOKS } from '../../../src/config/plan/hooks.js';
import type { Surroundings } from '../../../src/run/operation/operation.js';
import { run } from '../../../src/run/operations.js';
import { backupPlan, groupPlan, objectPlan, routinePlan, shell } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

/** Signals of this process, as the command line hands them to a run. */
function caught(): Partial<Surroundings> {
  const gate = openSignalGate();
  gates.push(gate);
  return { signal: gate.signal, mask: gate };
}

const gates: SignalGate[] = [];
afterEach(() => {
  for (const gate of gates.splice(0)) gate.close();
});

suite('a routine', () => {
  test('runs its steps in order and stops at the first failure', async () => {
    const mark = join(stand.directory, 'mark');
    const step = (script: string) =>
      ({ type: 'exec', exec: shell(script, { stdoutLevel: 9 }) }) as const;
    const routine = routinePlan([
      step(`echo 1 >> ${mark}`),
      { type: 'task', taskId: 'backup' },
      step(`exit 3`),
      step(`echo 2 >> ${mark}`),
    ]);
    await assert.rejects(
      stand.run([routine, stand.simple()], { task: 'r' }),
      /exited with status 3/,
    );
    assert.equal(readFileSync(mark, 'utf8'), '1\n');
    assert.equal(stand.copies().length, 1);
  });
  test('that keeps going runs every step, and fails with the worst of them', async () => {
    const mark = join(stand.directory, 'mark');
    const step = (script: string) => ({ type: 'exec', exec: shell(script) }) as const;
    const failing = (id: string, script: string) =>
      backupPlan(stand.root, [groupPlan('g', [], [objectPlan('o', [shell(script)])])], { id });
    const late = { ...stand.simple(), hooks: { ...NO_HOOKS, after: [shell('exit 1')] } };
    const routine = routinePlan(
      [
        { type: 'task', taskId: 'backup' },
        { type: 'task', taskId: 'bad' },
        step('exit 4'),
        step(`echo done > ${mark}`),
      ],
      { keepGoing: true },
    );
    const report = await run(stand.operation([routine, late, failing('bad', 'exit 7')]), {
      task: 'r',
    });
    assert.equal(readFileSync(mark, 'utf8'), 'done\n');
    assert.equal(report.failure?.code, 'STAGE_FAILED');
    assert.match(report.failure.message, /exited with status 7/);
    assert.deepEqual(
      report.afterwards.map(({ code }) => code),
      ['LATE_HOOK_FAILED', 'STAGE_FAILED'],
    );
    assert.deepEqual(
      report.children.map(({ task, failure, copy }) => [task, failure?.code, copy !== undefined]),
      [
        ['backup', undefined, true],
        ['bad', 'STAGE_FAILED', false],
      ],
    );
    const stopped = routinePlan([step(`kill -TERM ${process.pid}; sleep 60`), step(`rm ${mark}`)], {
      keepGoing: true,
    });
    const failure = await stand.failureOf([stopped], { task: 'r', surroundings: caught() });
    assert.equal(failure.code, 'TERMINATED');
    assert.equal(readFileSync(mark, 'utf8'), 'done\n');
  });
  test('holds signals back from palhm and from its stages', async () => {
    const mark = join(stand.directory, 'mark');
    const routine = routinePlan([
      { type: 'sigmask', changes: [{ action: 'block', signals: ['SIGTERM'] }] },
      {
        type: 'exec',
        exec: shell(`kill -TERM $$ ${process.pid}; echo survived > ${mark}`, { stdoutLevel: 9 }),
      },
    ]);
    await stand.run([routine], { task: 'r', surroundings: caught() });
    assert.equal(readFileSync(mark, 'utf8'), 'survived\n');
  });
  test('lets a signal through again that came while it was blocked', async () => {
    const change = (action: 'block' | 'unblock') =>
      ({ type: 'sigmask', changes: [{ action, signals: ['SIGTERM'] }] }) as const;
    const kill = {
      type: 'exec',
      exec: shell(`kill -TERM ${process.pid}`, { stdoutLevel: 9 }),
    } as const;
    const slow = { type: 'exec', exec: shell('sleep 60', { stdoutLevel: 9 }) } as const;
    const routine = routinePlan([change('block'), kill, change('unblock'), slow]);
    const error = await stand.failureOf([routine], { task: 'r', surroundings: caught() });
    assert.equal(error.code, 'TERMINATED');
  });
  test('is stopped by a signal that is let through after its last step', async () => {
    const change = (action: 'block' | 'unblock') =>
      ({ type: 'sigmask', changes: [{ action, signals: ['SIGTERM'] }] }) as const;
    const kill = `kill -TERM ${process.pid}`;
    const step = { type: 'exec', exec: shell(kill, { stdoutLevel: 9 }) } as const;
    const steps = [change('block'), step, change('unblock')];
    const routine = routinePlan(steps);
    const error = await stand.failureOf([routine], { task: 'r', surroundings: caught() });
    assert.equal(error.code, 'TERMINATED');
  });
  test('is stopped by a signal during its last step, also when that ends with 0', async () => {
    const step = (script: string) =>
      ({ type: 'exec', exec: shell(script, { stdoutLevel: 9 }) }) as const;
    for (const script of [
      `trap 'exit 0' TERM; kill -TERM ${process.pid}; sleep 60 & wait`,
      // Node tells of the end before it tells of the signal in one of a few.
      ...Array<string>(30).fill(`kill -TERM ${process.pid}; exit 0`),
    ]) {
      const routine = routinePlan([step(script)]);
      const error = await stand.failureOf([routine], { task: 'r', surroundings: caught() });
      assert.equal(error.code, 'TERMINATED');
    }
  });
  test('cannot be run dry', async () => {
    const routine = routinePlan([]);
    await assert.rejects(stand.run([routine], { task: 'r', dryRunOf: [] }), /would really run/);
  });
});
