/** The number of a stage that has ended becomes that of an unrelated process, before the pipeline fails. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Failure } from '../../src/failure/failure.js';
import { isInPidNamespace, takePid, testInPidNamespace } from '../rig/pid-reuse.js';
import { execPlan, shell } from '../rig/plans.js';
import { isAlive } from '../rig/processes.js';
import { openRig, type Rig } from '../rig/rig.js';
import { until, untilWritten } from '../rig/until.js';
import { openBench } from './bench.js';

if (isInPidNamespace) suite('a number that is used again', strangers);
else testInPidNamespace(import.meta.url);

function strangers(): void {
  const bench = openBench();
  let rig: Rig;
  before(async () => {
    rig = await openRig();
  });
  after(() => {
    rig.close();
    bench.close();
  });

  /** The number that a script has written there, when that process has been reaped. */
  async function reaped(mark: string): Promise<number> {
    await untilWritten(mark);
    const pid = Number(readFileSync(mark, 'utf8'));
    await until(() => !existsSync(`/proc/${pid}`));
    return pid;
  }

  for (const [name, end, code] of [
    ['a later stage fails', { do: 'exit', code: 3 }, 'STAGE_FAILED'],
    ['the run is stopped', 'abort', 'TERMINATED'],
    ['a later stage exceeds its timeout', 'wait', 'STAGE_TIMEOUT'],
  ] as const)
    test(`is not signalled when ${name}, and the stages that run are stopped`, async () => {
      const stop = new AbortController();
      const mark = join(bench.directory, code);
      // An actor may take longer to start than the timeout.
      const second =
        end === 'wait'
          ? shell('exec sleep 600', { timeout: { ms: 1500 } })
          : execPlan(rig.argv(`${code} 2`));
      const running = bench.failureOf(
        [shell(`echo $$ > ${mark}`), second, execPlan(rig.argv(`${code} 3`))],
        { signal: stop.signal },
      );
      const third = await rig.invoked(`${code} 3`);
      const stranger = await takePid(await reaped(mark));
      if (end === 'abort')
        stop.abort(new Failure({ code: 'TERMINATED', message: 'stopped by SIGTERM' }));
      else if (end !== 'wait') await (await rig.invoked(`${code} 2`)).end(end);
      assert.equal((await running).code, code);
      assert.equal(isAlive(third.pid), false);
      assert.ok(isAlive(stranger.pid), 'the stranger was ended');
      await stranger.end();
    });

  test('is not signalled when it is that of another stage of the run by now', async () => {
    const mark = join(bench.directory, 'own');
    const running = bench.failureOf([shell(`echo $$ > ${mark}`), execPlan(rig.argv('own'))]);
    const stage = await rig.invoked('own');
    const other = await takePid(await reaped(mark), { environment: { PALHM_RUN: bench.runId } });
    await stage.end({ do: 'exit', code: 3 });
    assert.equal((await running).code, 'STAGE_FAILED');
    assert.ok(isAlive(other.pid), 'the other stage was ended');
    await other.end();
  });

  test('has left a process of its own, which is not signalled either', async () => {
    const mark = join(bench.directory, 'left');
    const running = bench.failureOf([shell(`echo $$ > ${mark}`), execPlan(rig.argv('left'))]);
    const stage = await rig.invoked('left');
    const pid = await reaped(mark);
    // By the clock of /proc, of 100 ticks a second, it has to be younger than the reaping.
    const from = uptime();
    await until(() => uptime() >= from + 0.05);
    const child = join(bench.directory, 'child');
    const script = `sleep 1000 & echo $! >${child}`;
    await (await takePid(pid, { script })).ended;
    await stage.end({ do: 'exit', code: 3 });
    assert.equal((await running).code, 'STAGE_FAILED');
    const left = Number(readFileSync(child, 'utf8'));
    assert.ok(isAlive(left), 'what the stranger has left was ended');
    process.kill(left, 'SIGKILL');
  });
}
