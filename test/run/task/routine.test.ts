import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { openSignalGate, type SignalGate } from '../../../src/cli/signals.js';
import type { Surroundings } from '../../../src/run/operation/operation.js';
import { routinePlan, shell } from '../../rig/plans.js';
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
