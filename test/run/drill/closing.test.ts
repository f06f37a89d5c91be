/** Everything that a drill cannot clean up is told, in order; one failure does not keep the rest from being tried. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Failure } from '../../../src/failure/failure.js';
import { cleanUpDrill } from '../../../src/run/drill/clean-up.js';
import type { DrillRun } from '../../../src/run/drill/drill-run.js';
import { makeScratch } from '../../../src/run/drill/scratch.js';
import { execPlan } from '../../rig/plans.js';
import { contextOf } from '../../rig/sinks.js';
import { openStand, type Stand } from '../../rig/stand.js';

let stand: Stand;
beforeEach(() => {
  stand = openStand();
});
afterEach(() => stand.close());

const AWAY = new Failure({ code: 'UNLOCK_FAILED', message: 'the lock went away' });
const PLACE = { file: 'palhm.jsonc', line: 1, column: 1 };

/** In a temporary directory of its own. */
async function drillRun(cleanUp: readonly string[], temporary: string): Promise<DrillRun> {
  const backup = stand.simple();
  const host = { name: 'host', clock: Date.now, environment: { TMPDIR: temporary } };
  const context = contextOf({ task: backup.id, environment: {} });
  const sink = await stand.operation([backup]).createSink(backup.sink, context);
  return {
    operation: stand.operation([backup], { host }),
    backup,
    drill: {
      place: PLACE,
      user: undefined,
      timeout: undefined,
      prepare: [],
      restore: [],
      check: [],
      cleanUp: cleanUp.map((script) => execPlan(['/bin/sh', '-c', script])),
    },
    stored: sink.stored({ name: 'copy', micros: 0 }),
    prefix: 'copy',
    directory: '',
  };
}

test('a program, the directory and the lock that fail are all told', async () => {
  const run = await drillRun(['exit 7'], stand.directory);
  const { outer, directory, lock } = await makeScratch(run);
  const kept = join(stand.directory, 'second');
  // The second program has the directory removed behind the back of palhm.
  const second = execPlan(['/bin/sh', '-c', `touch ${kept}; rm -r ${outer}`]);
  const [first] = run.drill.cleanUp;
  assert.ok(first !== undefined);
  const drill = { ...run.drill, cleanUp: [first, second] };
  const release = async (): Promise<void> => {
    await lock.release();
    throw AWAY;
  };
  await cleanUpDrill(
    { ...run, drill, directory },
    { outer, directory, lock: { ...lock, release } },
  );
  const { failures } = run.operation.aftermath;
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['DRILL_NOT_CLEANED', 'DRILL_NOT_CLEANED', 'UNLOCK_FAILED'],
  );
  assert.match(failures[0]?.message ?? '', /^clean-up 1 of 2: sh exited with status 7/);
  assert.match(failures[1]?.message ?? '', /^the scratch directory .* could not be removed/);
  assert.ok(existsSync(kept));
});

test('a scratch directory that cannot be made leaves nothing', async () => {
  const temporary = join(stand.directory, 'x'.repeat(100));
  mkdirSync(temporary);
  const run = await drillRun([], temporary);
  await assert.rejects(makeScratch(run), { code: 'DRILL_NOT_PREPARED' });
  assert.deepEqual(readdirSync(temporary), []);
  writeFileSync(join(stand.directory, 'file'), '');
  const nowhere = await drillRun([], join(stand.directory, 'file'));
  await assert.rejects(makeScratch(nowhere), { code: 'DRILL_NOT_PREPARED' });
});
