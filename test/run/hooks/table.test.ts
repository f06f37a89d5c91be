/** The table of doc/hooks.md, line by line: hooks that are real programs, a run that is a real one. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { openSignalGate, type SignalGate } from '../../../src/cli/signals.js';
import type { HooksPlan } from '../../../src/config/plan/plan.js';
import type { Event } from '../../../src/events/events.js';
import { exitCodeOf } from '../../../src/events/run-report.js';
import { run } from '../../../src/run/operations.js';
import { backupPlan, groupPlan, objectPlan, shell } from '../../rig/plans.js';
import { openStand, type Stand } from '../../rig/stand.js';

interface Row {
  readonly wrong: string;
  readonly order: readonly string[];
  readonly exit: number;
  readonly copies: number;
}

const ROWS: readonly Row[] = readFileSync('doc/hooks.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, wrong = '', order = '', exit = '', copy = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    const copies = { kept: 1, none: 0 }[copy];
    return copies === undefined
      ? []
      : [{ wrong, order: order.split(', '), exit: Number(exit), copies }];
  });

let stand: Stand;
let gate: SignalGate;
beforeEach(() => {
  stand = openStand();
  gate = openSignalGate();
});
afterEach(() => {
  gate.close();
  stand.close();
});

/** What a program does in the case of this row. */
function scriptOf(name: string, wrong: string): string {
  const code = new RegExp(`^${name.replace('.', '\\.')} ends with (\\d+)$`).exec(wrong)?.[1];
  if (code !== undefined) return `exit ${code}`;
  return wrong === `SIGTERM during ${name}` ? `kill -TERM ${process.pid}; sleep 60` : 'true';
}

function hooksOf(letter: string, wrong: string): HooksPlan {
  const list = (kind: string) => [shell(scriptOf(`${letter}.${kind}`, wrong))];
  return {
    before: list('before'),
    after: list('after'),
    onError: list('on-error'),
    always: list('always'),
  };
}

function nameOf(event: Event): readonly string[] {
  if (event.type === 'hook-started')
    return [`${event.part.slice(0, 1).toUpperCase()}.${event.hook}`];
  if (event.type === 'stage-output' && event.line === 'work') return ['work'];
  if (event.type === 'copy-committed') return ['commit'];
  return event.type === 'copy-rolled-back' ? ['roll back'] : [];
}

suite('hooks: the table in doc/hooks.md', () => {
  test('has its lines', () => assert.equal(ROWS.length, 17));
  for (const { wrong, order, exit, copies } of ROWS)
    test(wrong, async () => {
      const work = shell(`echo work >&2; echo data; ${scriptOf('work', wrong)}`);
      const object = objectPlan('o', [work], { hooks: hooksOf('O', wrong) });
      const group = { ...groupPlan('g', [], [object]), hooks: hooksOf('G', wrong) };
      const task = backupPlan(stand.root, [group], { hooks: hooksOf('T', wrong) });
      const caught = { signal: gate.signal, mask: gate };
      const report = await run(stand.operation([task], caught), { task: 'backup' });
      assert.deepEqual(stand.events.flatMap(nameOf), order);
      assert.equal(exitCodeOf(report), exit);
      assert.equal(existsSync(stand.root) ? stand.copies().length : 0, copies);
      assert.equal(report.skipped !== undefined, wrong === 'T.before ends with 75');
    });
});
