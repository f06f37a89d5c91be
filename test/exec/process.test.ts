/** A program that runs beside others until it is stopped. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { factsOf } from '../../src/exec/facts.js';
import { type ProcessStart, type RunningProcess, startProcess } from '../../src/exec/process.js';
import { createRedactor } from '../../src/exec/redactor.js';
import { Failure } from '../../src/failure/failure.js';
import type { Process } from '../../src/host/proc.js';
import { findProcessesOfRun } from '../../src/host/run-processes.js';
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
