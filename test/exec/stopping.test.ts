import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, { existsSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../src/failure/failure.js';
import { findProcessesOfRun } from '../../src/host/run-processes.js';
import { execPlan, shell } from '../rig/plans.js';
import { isAlive } from '../rig/processes.js';
import { openRig, type Rig } from '../rig/rig.js';
import { openBench } from './bench.js';

const bench = openBench();
const { run, failureOf } = bench;
after(bench.close);

suite('stopping', () => {
  let rig: Rig;
  before(async () => {
    rig = await openRig();
  });
  after(() => rig.close());

  test('an abort ends every stage and its grandchildren, also those that ignore SIGTERM', async () => {
    const controller = new AbortController();
    const reason = new Failure({ code: 'TERMINATED', message: 'stopped by SIGTERM' });
    const running = run([execPlan(rig.argv('first')), execPlan(rig.argv('second'))], {
      signal: controller.signal,
    });
    const [first, second] = await Promise.all([rig.invoked('first'), rig.invoked('second')]);
    await second.tell({ do: 'ignore-sigterm' });
    const grandchild = Number(await first.tell({ do: 'start-grandchild' }));
    controller.abort(reason);
    await assert.rejects(running, reason);
    assert.deepEqual([first.pid, second.pid, grandchild].map(isAlive), [false, false, false]);
  });
  test('a timeout ends the stage and names it', async () => {
    const failure = await failureOf([
      shell('sleep 60', { timeout: { ms: 100 } }),
      execPlan(['cat']),
    ]);
    assert.equal(failure.code, 'STAGE_TIMEOUT');
    assert.match(failure.message, /^stage 1 of 2, bash, ran longer than its timeout/);
  });
  test('a stage that ran out of time has failed, also when it then ends with 0', async () => {
    const script = `trap 'exit 0' TERM; sleep 600 & wait`;
    const { code } = await failureOf([shell(script, { timeout: { ms: 300 } }), execPlan(['cat'])]);
    assert.equal(code, 'STAGE_TIMEOUT');
  });
  test('a stage that does not notice the failure of another is stopped', async () => {
    const running = failureOf([execPlan(rig.argv('idle')), shell('read x; exit 3')]);
    const idle = await rig.invoked('idle');
    await idle.tell({ do: 'print', text: 'go\n' });
    assert.match((await running).message, /^stage 2 of 2, bash, exited with status 3/);
    assert.equal(isAlive(idle.pid), false);
  });
  test('a background process of a failed stage does not outlive it', async () => {
    const mark = join(bench.directory, 'background');
    await failureOf([shell(`sleep 600 & echo $! > ${mark}; exit 1`)]);
    assert.ok(existsSync(mark));
    assert.equal(isAlive(Number(readFileSync(mark, 'utf8'))), false);
  });
  test('stages are stopped when a later one cannot be started', async () => {
    const second = shell('sleep 600', { cwd: '/no/such/directory' });
    const failure = await failureOf([shell('sleep 600'), second]);
    assert.equal(failure.code, 'STAGE_NOT_STARTED');
    assert.deepEqual(await findProcessesOfRun(bench.runId), []);
  });
  test('no stage is left when palhm cannot look at the pipes between them', async (t) => {
    t.mock.method(fs, 'readlinkSync', () => {
      throw new Error('nobody may look');
    });
    syncBuiltinESMExports();
    const running = run([shell('sleep 600'), shell('sleep 600')]);
    await assert.rejects(running, /nobody may look/);
    t.mock.restoreAll();
    syncBuiltinESMExports();
    assert.deepEqual(await findProcessesOfRun(bench.runId), []);
  });
  test('every stage is stopped when what follows the start throws', async () => {
    const onStarted = (): void => {
      throw new Error('nothing follows');
    };
    await assert.rejects(run([shell('sleep 600'), shell('sleep 600')], { onStarted }), /nothing/);
    assert.deepEqual(await findProcessesOfRun(bench.runId), []);
  });
  test('a stage dies with palhm, even by kill -9', { timeout: 30_000 }, async () => {
    const script = fileURLToPath(new URL('doomed-parent.js', import.meta.url));
    const parent = spawnSyncDetached([process.execPath, script, ...rig.argv('orphan')]);
    const orphan = await rig.invoked('orphan');
    process.kill(parent, 'SIGKILL');
    await orphan.gone;
    assert.equal(isAlive(orphan.pid), false);
  });
});

function spawnSyncDetached(argv: readonly string[]): number {
  const [program = '', ...args] = argv;
  const child = spawnSync('sh', ['-c', '"$@" >/dev/null 2>&1 & echo $!', 'sh', program, ...args], {
    encoding: 'utf8',
  });
  return Number(child.stdout);
}
