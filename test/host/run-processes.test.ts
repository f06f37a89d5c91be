import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { it } from 'node:test';
import { endProcessesOfRun, markOfRun } from '../../src/host/run-processes.js';
import { isAlive } from '../rig/processes.js';

interface Stage {
  readonly child: ChildProcess;
  readonly output: string;
  readonly ended: Promise<readonly unknown[]>;
}

/** Resolves when the script has printed its first output. */
async function start(script: string, runId: string, outer: NodeJS.ProcessEnv = {}): Promise<Stage> {
  const child = spawn('bash', ['-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...markOfRun(runId, outer) },
  });
  const ended = once(child, 'exit');
  assert.ok(child.stdout);
  const [output] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, ended, output: String(output) };
}

it('ends the polite with SIGTERM and the stubborn with SIGKILL', async () => {
  const run = randomUUID();
  const polite = await start('echo ready; exec sleep 1000', run);
  const stubborn = await start(
    'trap "" TERM; echo ready; while :; do read -t 1000 <> <(:); done',
    run,
  );
  assert.ok((await endProcessesOfRun(run)) >= 2);
  assert.deepEqual(await polite.ended, [null, 'SIGTERM']);
  assert.deepEqual(await stubborn.ended, [null, 'SIGKILL']);
});

it('ends grandchildren, also in another session and without their parent', async () => {
  const run = randomUUID();
  const stage = await start('setsid sleep 1000 & echo $!', run);
  const grandchild = Number(stage.output);
  await stage.ended;
  assert.ok(isAlive(grandchild));
  assert.equal(await endProcessesOfRun(run), 1);
  assert.equal(isAlive(grandchild), false);
});

it('ends the stages of a palhm that is itself a stage, however many are in between', async () => {
  const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
  const outer = markOfRun(second, markOfRun(first, {}));
  const stage = await start('echo ready; exec sleep 1000', third, outer);
  assert.equal(await endProcessesOfRun(first), 1);
  assert.deepEqual(await stage.ended, [null, 'SIGTERM']);
});

it('ends nobody else: not this process, not another run, not one whose id begins alike', async () => {
  const run = randomUUID();
  const other = await start('echo ready; exec sleep 1000', `${run}-2`);
  process.env['PALHM_RUN'] = run;
  assert.equal(await endProcessesOfRun(run), 0);
  assert.ok(isAlive(other.child.pid ?? 0));
  other.child.kill('SIGKILL');
  await other.ended;
});

it('survives processes that come and go while it looks', { timeout: 60_000 }, async () => {
  const run = randomUUID();
  const fork = await start('echo ready; while :; do (exec true); done', run);
  assert.ok((await endProcessesOfRun(run)) >= 1);
  await fork.ended;
  assert.equal(await endProcessesOfRun(run), 0);
});
