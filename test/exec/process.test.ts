/** A program that runs beside others until it is stopped. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { suite, test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { factsOf } from '../../src/exec/facts.js';
import { type ProcessStart, type RunningProcess, startProcess } from '../../src/exec/process.js';
import { createRedactor } from '../../src/exec/redactor.js';
import { Failure } from '../../src/failure/failure.js';
import type { Process } from '../../src/host/proc.js';
import { findProcessesOfRun } from '../../src/host/run-processes.js';
import { signalUntilGone } from '../../src/host/signal-processes.js';
import { shell } from '../rig/plans.js';

const runId = randomUUID();

function start(exec: ExecPlan, more: Partial<ProcessStart> = {}): Promise<RunningProcess> {
  const redactor = createRedactor();
  redactor.learn('hunter22', '${env:PASSWORD}');
  return startProcess({
    exec,
    context: {
      facts: factsOf({ task: 'drill', host: 'here' }),
      inherited: process.env,
      redactor,
      runId,
      blockedSignals: [],
    },
    ready: 'is ready',
    readyWithinMs: 60_000,
    onLine: () => undefined,
    signal: new AbortController().signal,
    graceMs: 500,
    ...more,
  });
}

async function failureOf(exec: ExecPlan, more?: Partial<ProcessStart>): Promise<Failure> {
  const error: unknown = await start(exec, more).then(
    () => assert.fail('it should have failed'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  assert.deepEqual(await findAlive(), []);
  return error;
}

function findAlive(): Promise<readonly Process[]> {
  return findProcessesOfRun(runId);
}

test('it is ready when it says so, and is ended with what it started', async () => {
  const lines: string[] = [];
  const server = await start(shell('sleep 600 & echo begins; echo is ready on 4711; wait'), {
    onLine: (line, stream) => void lines.push(`${stream}: ${line}`),
  });
  assert.equal(server.readyLine, 'is ready on 4711');
  assert.deepEqual(lines, ['stdout: begins', 'stdout: is ready on 4711']);
  assert.equal((await findAlive()).length, 2);
  await server.stop();
  assert.deepEqual(await findAlive(), []);
  assert.equal(await server.ended, undefined);
  await server.stop();
});

test('it may say so on stderr, in a line of many forms', async () => {
  const server = await start(shell('echo "port: 5432" >&2; exec sleep 600'), {
    ready: /^port: \d+$/,
  });
  assert.equal(server.readyLine, 'port: 5432');
  await server.stop();
});

test('one that does not listen to SIGTERM is killed', async () => {
  const server = await start(shell('trap "" TERM; echo is ready; while :; do sleep 600; done'), {
    graceMs: 100,
  });
  await server.stop();
  assert.deepEqual(await findAlive(), []);
});

test('one that ends before it is ready fails with its last words', async () => {
  const exec = shell('echo "using hunter22"; echo "port in use" >&2; exit 3');
  const failure = await failureOf(exec);
  assert.equal(failure.code, 'STAGE_FAILED');
  assert.match(failure.message, /^bash, which was to go on, exited with status 3 after /);
  assert.deepEqual(failure.details.slice(1), [
    'last lines of stdout:',
    '| using ${env:PASSWORD}',
    'last lines of stderr:',
    '| port in use',
  ]);
  assert.deepEqual(failure.place, exec.place);
});

test('one that is not ready in time is stopped', async () => {
  const failure = await failureOf(shell('exec sleep 600'), { readyWithinMs: 100 });
  assert.equal(failure.code, 'STAGE_TIMEOUT');
  assert.equal(failure.message, 'bash was not ready within 0.1 s and was stopped');
  assert.ok(failure.details.includes('it had to print a line with "is ready"'));
});

test('an abort before it is ready stops it', async () => {
  const controller = new AbortController();
  const reason = new Failure({ code: 'TERMINATED', message: 'stopped by SIGTERM' });
  const failure = await failureOf(shell('echo begins; exec sleep 600'), {
    signal: controller.signal,
    onLine: () => controller.abort(reason),
  });
  assert.equal(failure, reason);
});

test('one that ends although nobody has asked is told of, even with 0', async () => {
  const server = await start(shell('echo is ready; exit 0'));
  const failure = await server.ended;
  assert.equal(failure?.code, 'STAGE_FAILED');
  assert.match(failure?.message ?? '', /exited with status 0 after/);
  await server.stop();
});

test('a timeout of its exec holds for its whole life', async () => {
  const server = await start(shell('echo is ready; exec sleep 600', { timeout: { ms: 300 } }));
  assert.equal((await server.ended)?.code, 'STAGE_TIMEOUT');
});

test('a program that cannot be started says where it stands in the config', async () => {
  const exec = shell('true', { cwd: '/no/such/directory' });
  const failure = await failureOf(exec);
  assert.equal(failure.code, 'STAGE_NOT_STARTED');
  assert.deepEqual(failure.place, exec.place);
});

suite('one that prints at its end', () => {
  const WAIT = 'echo is ready; cat >/dev/null';
  const keep = { keepBytes: 1000 };
  const never = new AbortController().signal;
  const rejection = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => assert.fail('it should have failed'),
      (thrown: unknown) => thrown,
    );

  test('is told by the end of its stdin, and what it prints is kept byte by byte', async () => {
    const lines: string[] = [];
    const holder = await start(shell(`${WAIT}; printf 'a hunter22\\r\\0\\377\\n\\n'`), {
      ...keep,
      onLine: (line) => void lines.push(line),
    });
    const { printed, stage } = await holder.finish(never);
    assert.equal(printed.toString('latin1'), 'a hunter22\r\0\xff\n\n');
    assert.equal(stage.end.exitCode, 0);
    assert.deepEqual(lines, ['is ready']);
    await holder.stop();
  });

  for (const [how, script, why] of [
    ['does not end well', `${WAIT}; echo label; exit 3`, /bash exited with status 3/],
    ['prints too much', `${WAIT}; head -c 1001 /dev/zero`, /printed more than 1000 bytes/],
    [
      'leaves a process that may print more',
      `${WAIT}; echo label; (trap '' TERM; exec setsid sleep 60 2>/dev/null) &`,
      /left a process that keeps its stdout open/,
    ],
  ] as const)
    test(`has failed when it ${how}`, async () => {
      const holder = await start(shell(script), keep);
      const failure = await rejection(holder.finish(never));
      assert.ok(failure instanceof Failure);
      assert.match(failure.message, why);
      await holder.stop();
      await signalUntilGone({ find: findAlive, signal: 'SIGKILL', patienceMs: 5000 });
    });

  test('has failed when it ended before it was told to', async () => {
    const holder = await start(shell('echo is ready; echo label'), keep);
    assert.ok((await holder.ended) instanceof Failure);
    const failure = await rejection(holder.finish(never));
    assert.ok(failure instanceof Failure);
    assert.match(failure.message, /which was to go on, exited with status 0/);
  });

  test('is stopped when it takes too long', async () => {
    const holder = await start(shell(`${WAIT}; echo told >&2; exec sleep 600`), {
      ...keep,
      onLine: (_, stream) => {
        if (stream === 'stderr') over.abort(new Error('too long'));
      },
    });
    const over = new AbortController();
    assert.equal(await rejection(holder.finish(over.signal)), over.signal.reason);
    assert.deepEqual(await findAlive(), []);
  });

  test('is told although another program was started after it', async () => {
    const holder = await start(shell(WAIT), keep);
    const other = await start(shell('echo is ready; exec sleep 600'), keep);
    await holder.finish(never);
    await other.stop();
  });
});
