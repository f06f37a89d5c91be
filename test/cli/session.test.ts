import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { processConsole } from '../../src/cli/console.js';
import { look, openPlan, operate, type Session } from '../../src/cli/session.js';
import { createPlanCache } from '../../src/config/plan-cache.js';
import type { Report } from '../../src/events/run-report.js';
import { planOf } from '../rig/plans.js';
import { makeScratch } from '../rig/scratch.js';

const OPTIONS = { verbose: 0, logFormat: 'text', progress: 'never' } as const;
const session = (more: object = {}): Session => ({
  console: processConsole(),
  plans: createPlanCache(),
  options: { ...OPTIONS, ...more },
  end: { exitCode: 0 },
});
const PLAN = planOf([]);
const REPORT: Report = {
  id: 'x',
  task: undefined,
  host: 'h',
  started: 0,
  finished: 0,
  failure: undefined,
  afterwards: [],
};
const caught = (): number[] =>
  ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => process.listenerCount(signal));

test('what only looks is ended by signals; what can be rolled back catches them until palhm has ended', async () => {
  const before = caught();
  const held = before.map((count) => count + 1);
  await look(session(), PLAN, async () => {
    assert.deepEqual(caught(), before);
    return REPORT;
  });
  await operate(session(), PLAN, async () => {
    assert.deepEqual(caught(), held);
    return REPORT;
  });
  assert.deepEqual(caught(), held);
});

test('a signal after the end of an operation adds no event to its log', async () => {
  const stops: (() => void)[] = [];
  const written: string[] = [];
  const console = processConsole();
  const stderr = Object.assign(new Writable({ write: take }), { fd: 2 });
  function take(chunk: unknown, _encoding: string, done: () => void): void {
    written.push(String(chunk));
    done();
  }
  const openSignals: typeof console.openSignals = (watch) => {
    stops.push(() => watch.onStop?.('SIGTERM'));
    return console.openSignals(watch);
  };
  const own = session({ logFormat: 'json', verbose: 2 });
  const task = { ...own, console: { ...console, stderr, openSignals } };
  await operate(task, { ...PLAN, verbosity: 5 }, async () => {
    for (const stop of stops) stop();
    return REPORT;
  });
  const count = written.filter((line) => line.includes('"stopping"')).length;
  for (const stop of stops) stop();
  assert.deepEqual([count, written.filter((line) => line.includes('"stopping"')).length], [1, 1]);
});

test('-q and -v win over vl, and -v never shows less', async () => {
  const directory = makeScratch();
  const file = join(directory, 'palhm.jsonc');
  for (const [vl, options, verbosity] of [
    [1, {}, 1],
    [1, { verbose: 1 }, 4],
    [3, { verbose: 2 }, 5],
    [5, { verbose: 1 }, 6],
    [5, { quiet: true }, 0],
  ] as const) {
    writeFileSync(file, JSON.stringify({ vl }));
    const plan = await openPlan(session({ file, ...options }));
    assert.equal(plan.verbosity, verbosity, JSON.stringify([vl, options]));
  }
});
