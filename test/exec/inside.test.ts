/** Programs that a client runs elsewhere. Here it runs them on this host, with an environment of their own. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { judgeStage } from '../../src/exec/blame.js';
import { buildCommand, type CommandContext } from '../../src/exec/command.js';
import { type Entrance, factsOf } from '../../src/exec/facts.js';
import { prepareInside } from '../../src/exec/inside.js';
import type { PipelineStart } from '../../src/exec/pipeline.js';
import { createRedactor } from '../../src/exec/redactor.js';
import { execPlan, literal, shell } from '../rig/plans.js';
import { openBench } from './bench.js';

const bench = openBench();
after(bench.close);

const ENTRANCE: Entrance = {
  description: 'a container',
  command: (argv, env) => ({
    argv: ['env', '-i', 'PATH=/usr/bin:/bin', ...assignments(env), ...argv],
    env: { SOCKET: '/run/socket' },
  }),
};

function assignments(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function contextWith(entrance: Entrance): CommandContext {
  const facts = factsOf({ task: 't', host: 'h', prefix: 'p' });
  return {
    facts: { ...facts, entrances: { snapshot: entrance } },
    inherited: { PATH: process.env['PATH'], OWN: 'of the host' },
    redactor: createRedactor(),
    runId: bench.runId,
    blockedSignals: [],
  };
}

const inside = (exec: ExecPlan): ExecPlan => ({ ...exec, inside: 'snapshot' });
const started = (entrance = ENTRANCE): Partial<PipelineStart> => ({
  context: contextWith(entrance),
});

test('it has what the run tells, its own variables, and nothing of the host', async () => {
  const env = new Map([['A', literal('a b')]]);
  await bench.run([inside(execPlan(['env'], { env }))], started());
  assert.deepEqual(bench.written().trim().split('\n').toSorted(), [
    'A=a b',
    'PALHM_HOST=h',
    'PALHM_PREFIX=p',
    'PALHM_TASK=t',
    'PATH=/usr/bin:/bin',
  ]);
});

test('its client has what the host has, and the mark of the run, by which it is found', async () => {
  const { argv, env, cwd, name } = await buildCommand(
    inside(execPlan(['/usr/bin/dump'], { cwd: '/elsewhere', user: 'nobody-here' })),
    contextWith(ENTRANCE),
  );
  assert.deepEqual([name, cwd], ['dump', undefined]);
  assert.equal(argv.slice(1, 4).join(' '), '--pdeathsig TERM env');
  const { OWN, SOCKET, PALHM_RUN } = env;
  assert.deepEqual([OWN, SOCKET, PALHM_RUN], ['of the host', '/run/socket', bench.runId]);
});

test('its stdin, stdout and stderr are pipes of the pipeline', async () => {
  const stages = [shell('echo text'), inside(shell('cat; echo words >&2')), shell('tr a-z A-Z')];
  await bench.run(stages, started());
  assert.equal(bench.written(), 'TEXT\n');
  assert.deepEqual(bench.lines, ['words']);
});

test('it starts in its directory, or not at all', async () => {
  await bench.run([inside(execPlan(['pwd'], { cwd: '/usr/share' }))], started());
  assert.equal(bench.written(), '/usr/share\n');
  const accepted = { min: 0, max: 255 };
  const failure = await bench.failureOf(
    [inside(execPlan(['pwd'], { cwd: '/not/there', accepted }))],
    started(),
  );
  assert.equal(failure.code, 'STAGE_NOT_STARTED');
  assert.match(failure.message, /^pwd could not be started: .*\/not\/there/);
  assert.match(failure.hint ?? '', /the snapshot has the program and the directory in "cwd"/);
});

test('it runs as its user there, with the groups of that', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async () => {
  await bench.run(
    [inside(shell('id -un; id -G; echo $HOME $USER', { user: 'backup', cwd: '/var' }))],
    started(),
  );
  assert.equal(bench.written(), 'backup\n34\n/var/backups backup\n');
  const failure = await bench.failureOf([inside(execPlan(['id'], { user: 'nope' }))], started());
  assert.equal(failure.code, 'STAGE_NOT_STARTED');
  assert.match(failure.message, /nope/);
});

test('its priorities are set there', () => {
  const ionice = { class: 'best-effort', level: 7 } as const;
  assert.equal(
    prepareInside({ ...execPlan([]), nice: 5, ionice }, ['dump']).join(' '),
    'nice -n 5 ionice -c 2 -n 7 dump',
  );
});

test('a program that is not there is no end of its own', async () => {
  const accepted = { min: 0, max: 255 };
  const failure = await bench.failureOf([inside(execPlan(['nope'], { accepted }))], started());
  assert.equal(failure.code, 'STAGE_NOT_STARTED');
});

test('an exec that accepts 1 does not accept that of a client that has lost its program', async () => {
  const lost = 'echo data; echo words >&2; echo "Error: websocket: close 1006" >&2; exit 1';
  const client = { ...ENTRANCE, command: () => ({ argv: ['sh', '-c', lost], env: {} }) };
  const accepted = { min: 0, max: 1 };
  const stage = inside(execPlan(['dump'], { accepted }));
  const failure = await bench.failureOf([stage, shell('cat')], started(client));
  assert.equal(failure.code, 'STAGE_FAILED');
  assert.match(failure.message, /^stage 1 of 2, dump, exited with status 1/);
  const details = failure.details.join('\n');
  assert.match(details, /unless dump itself has written its last line, the client .* has lost it/);
  assert.match(details, /\| Error: websocket: close 1006/);
  const end = { signal: null, startedAt: 0, endedAt: 0, stopped: undefined, stderr: 'a\nb\n' };
  assert.equal(judgeStage(stage, { ...end, exitCode: 1 }).well, true);
});
