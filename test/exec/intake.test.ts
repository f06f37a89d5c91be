/** A pipeline and what reads its end: who is blamed when that fails, and who still holds the pipe. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { Failure } from '../../src/failure/failure.js';
import { type Consumer, type Intake, NOWHERE, openIntake } from '../../src/host/intake.js';
import type { Taken } from '../../src/host/threads/protocol.js';
import { createThreads } from '../../src/host/threads/threads.js';
import { shell } from '../rig/plans.js';
import { isAlive, processesWith } from '../rig/processes.js';
import { until } from '../rig/until.js';
import { openBench } from './bench.js';

process.env['PALHM_TEST_INTAKE'] = `intake-${process.pid}`;
const bench = openBench();
const threads = createThreads();
after(async () => {
  for (const pid of processesWith(`PALHM_TEST_INTAKE=intake-${process.pid}`))
    process.kill(pid, 'SIGKILL');
  bench.close();
  await threads.close();
});

const AWAY = new Failure({ code: 'SINK_UNAVAILABLE', message: 'the store went away' });

interface Failing {
  readonly consumer: Consumer;
  readonly fail: () => void;
}

/** Takes nothing, and fails when it is told to. */
function failingConsumer(): Failing {
  let fail = (): void => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = () => reject(AWAY);
  });
  return {
    consumer: { into: { type: 'chunks', take: () => failed }, asFailure: (error) => error },
    fail,
  };
}

async function within<T>(consumer: Consumer, work: (intake: Intake) => Promise<T>): Promise<T> {
  const intake = await openIntake(threads, consumer);
  try {
    return await work(intake);
  } finally {
    await intake.close();
  }
}

function take(consumer: Consumer, execs: readonly ExecPlan[], more: object = {}): Promise<Taken> {
  return within(consumer, async (intake) => {
    await bench.run(execs, { stdout: intake, ...more });
    return await intake.taken;
  });
}

async function failureOf(
  consumer: Consumer,
  execs: readonly ExecPlan[],
  more: object = {},
): Promise<Failure> {
  const error = await take(consumer, execs, more).then(
    () => assert.fail('it has not failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}

async function fullDisk(): Promise<Consumer> {
  const full = new Failure({ code: 'SINK_FULL', message: 'the disk is full' });
  return {
    into: { type: 'file', handle: await open('/dev/full', 'w'), isReserved: false },
    asFailure: () => full,
  };
}

suite('the end of a pipeline', { timeout: 60_000 }, () => {
  test('is reached when the intake has everything', async () => {
    assert.equal(
      (await take(NOWHERE, [shell('head -c 3000000 /dev/zero'), shell('cat')])).size,
      3_000_000,
    );
  });

  test('a store that fails while the stage is silent is the failure, and the stage is stopped', async () => {
    const { consumer, fail } = failingConsumer();
    const mark = join(bench.directory, 'silent');
    const failing = failureOf(consumer, [shell(`echo $$ > ${mark}; exec sleep 600`)]);
    await until(() => existsSync(mark));
    fail();
    assert.equal(await failing, AWAY);
    assert.equal(isAlive(Number(readFileSync(mark, 'utf8'))), false);
  });

  for (const [title, exec] of [
    ['dies of SIGPIPE', shell('exec yes')],
    ['accepts SIGPIPE', shell('exec yes', { signals: ['SIGPIPE'] })],
    ['ignores EPIPE', shell('trap "" PIPE; yes 2>/dev/null; exit 0')],
    ['fails because of EPIPE, in words of its own', shell('trap "" PIPE; yes 2>/dev/null; exit 7')],
    ['has ended well before', shell('cat >/dev/null; echo x')],
    ['is silent afterwards', shell('echo x; exec sleep 600')],
  ] as const)
    test(`a full disk is the failure when the last stage ${title}`, async () => {
      const { code, message } = await failureOf(await fullDisk(), [
        shell('head -c 9000000 /dev/zero'),
        exec,
      ]);
      assert.deepEqual([code, message], ['SINK_FULL', 'the disk is full']);
    });

  test('a stage that has failed by itself stays the failure when the store fails after it', async () => {
    const { consumer, fail } = failingConsumer();
    const failing = failureOf(consumer, [shell('sleep 600 & exit 3')]);
    setTimeout(fail, 300);
    const { code, message } = await failing;
    assert.equal(code, 'STAGE_FAILED');
    assert.match(message, /exited with status 3/);
  });

  test('a run that is stopped while the intake reads on ends at once', async () => {
    const stop = new AbortController();
    const reason = new Failure({ code: 'TERMINATED', message: 'stopped' });
    const { consumer } = failingConsumer();
    const stopped = take(consumer, [shell('echo x')], { signal: stop.signal });
    setTimeout(() => stop.abort(reason), 300);
    await assert.rejects(stopped, reason);
  });
});

// Each of them waits for seconds.
suite('a process that a stage leaves behind', { timeout: 60_000, concurrency: true }, () => {
  test('may write on: all of it is taken', async () => {
    const script = '(for i in 1 2 3 4 5; do sleep 1; echo $i; done) & echo 0';
    assert.equal((await take(NOWHERE, [shell(script)])).size, 12);
  });

  for (const [what, script, lives] of [
    ['in its group', 'echo x; sleep 600 &', false],
    ['in a session of its own', 'echo x; setsid sleep 601 &', false],
    ['that is not proven to be of this run', 'echo x; env -i setsid sleep 602 &', true],
  ] as const)
    test(`${what} is named, and fails the object`, async () => {
      const { code, message, details } = await failureOf(NOWHERE, [shell(script)]);
      assert.equal(code, 'STAGE_HELD');
      const pid =
        /^process (\d+) \(sleep\), left behind by a stage that has ended, still holds its stdout$/.exec(
          message,
        )?.[1];
      assert.ok(pid !== undefined, message);
      assert.equal(isAlive(Number(pid)), lives);
      assert.match(
        details.join(),
        lives ? /^it runs on: nothing proves/ : /^it was left behind.*, and is ended$/,
      );
    });

  test('has time until the timeout of its stage, and is ended then', async () => {
    const held: string[] = [];
    const startedAt = performance.now();
    const { code, message } = await failureOf(
      NOWHERE,
      [shell('sleep 600 & echo x', { timeout: { ms: 5000 } })],
      { onHeld: (words: string) => void held.push(words) },
    );
    assert.ok(performance.now() - startedAt >= 4900);
    assert.equal(code, 'STAGE_TIMEOUT');
    assert.match(message, /^process \d+ \(sleep\), .* when the timeout of 5\.0 s is over$/);
    assert.match(
      held.join(),
      /^process \d+ \(sleep\), .*; it has time until the timeout of the stage$/,
    );
  });

  test('in a session of its own has that time, too', async () => {
    const script = 'echo x; setsid bash -c "sleep 4.5; echo late" &';
    assert.equal((await take(NOWHERE, [shell(script, { timeout: { ms: 20_000 } })])).size, 7);
  });

  test('that only reads the pipe does no harm', async () => {
    assert.equal(
      (await take(NOWHERE, [shell('echo x; sleep 2 >/dev/null & sleep 2 1</dev/fd/1 &')])).size,
      2,
    );
  });
});
