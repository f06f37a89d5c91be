import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { factsOf } from '../../src/exec/facts.js';
import { createRedactor } from '../../src/exec/redactor.js';
import { identifySelf } from '../../src/host/proc.js';
import { execPlan, literal, shell } from '../rig/plans.js';
import { openBench } from './bench.js';

const bench = openBench();
const { run, failureOf, written } = bench;
after(bench.close);

suite('bytes', () => {
  test('go through every stage into the descriptor', async () => {
    await run([shell('printf "b\\na\\n"'), execPlan(['sort']), execPlan(['tr', 'a-z', 'A-Z'])]);
    assert.equal(written(), 'A\nB\n');
  });
  test('many of them arrive whole', async () => {
    await run([
      execPlan(['head', '-c', '50000000', '/dev/zero']),
      execPlan(['cat']),
      execPlan(['sha256sum']),
    ]);
    const expected = spawnSync('sh', ['-c', 'head -c 50000000 /dev/zero | sha256sum'], {
      encoding: 'utf8',
    });
    assert.equal(written(), expected.stdout);
  });
  test('the first stage reads nothing', async () => {
    await run([execPlan(['cat'])]);
    assert.equal(written(), '');
  });
  test('a stage may open /dev/stdin and /dev/stdout', async () => {
    await run([shell('echo x > /dev/stdout'), execPlan(['cp', '/dev/stdin', '/dev/stdout'])]);
    assert.equal(written(), 'x\n');
  });
});

suite('success is what every stage says', () => {
  const cases: [string, ExecPlan[], RegExp][] = [
    [
      'the first exits with 3',
      [shell('echo half; exit 3'), execPlan(['cat'])],
      /^stage 1 of 2, bash, exited with status 3 after /,
    ],
    [
      'the last exits with 4',
      [execPlan(['echo']), shell('cat; exit 4')],
      /^stage 2 of 2, bash, exited with status 4/,
    ],
    ['the only one exits with 1', [execPlan(['false'])], /^false exited with status 1/],
    [
      'one is killed',
      [shell('echo half; kill -9 $$'), execPlan(['cat'])],
      /^stage 1 of 2, bash, was killed by SIGKILL/,
    ],
    [
      'killed, though any exit code is accepted',
      [shell('kill -TERM $$', { accepted: { min: 0, max: 255 } })],
      /^bash was killed by SIGTERM/,
    ],
    [
      'a middle one fails',
      [execPlan(['yes']), shell('head -c 10 >/dev/null; exit 7'), execPlan(['cat'])],
      /^stage 2 of 3, bash, exited with status 7/,
    ],
    [
      'the writer of a reader that failed is a consequence',
      [execPlan(['yes']), shell('exit 9')],
      /^stage 2 of 2, bash, exited with status 9/,
    ],
    [
      'a writer that ignores SIGPIPE and complains is one too',
      [shell('trap "" PIPE; while echo y; do :; done; exit 1'), shell('sleep 0.1; exit 5')],
      /^stage 2 of 2, bash, exited with status 5/,
    ],
    [
      'a reader that closes its input first and fails later is still the cause',
      [execPlan(['yes']), shell('exec <&-; sleep 0.4; echo disk full >&2; exit 6')],
      /^stage 2 of 2, bash, exited with status 6/,
    ],
    [
      'a writer that broke while its reader ended well',
      [execPlan(['yes']), execPlan(['head', '-n1'])],
      /^stage 1 of 2, yes, was killed by SIGPIPE/,
    ],
  ];
  for (const [name, execs, message] of cases) {
    test(name, async () => {
      const failure = await failureOf(execs);
      assert.equal(failure.code, 'STAGE_FAILED');
      assert.match(failure.message, message);
    });
  }
  test('what to do next is never to take the end of a failed dump for a good one', async () => {
    const dump = { ...shell('exit 3'), cwd: '/' };
    for (const execs of [[dump], [dump, execPlan(['cat'])], [execPlan(['true']), dump]]) {
      const { hint } = await failureOf(execs);
      assert.equal(hint, 'look at its last lines, then run it by hand as the user of palhm in /');
    }
  });
  test('a program that is not there has not failed, but not been started', async () => {
    const { code, message } = await failureOf([execPlan(['/no/such/program'])]);
    assert.equal(code, 'STAGE_NOT_STARTED');
    assert.match(
      message,
      /^program could not be started: setpriv: .* \/no\/such\/program: No such/,
    );
  });
  test('a command that the kernel finds too long comes with its limits', async () => {
    for (const argv of [
      ['true', 'x'.repeat(200_000)],
      ['true', ...Array(40).fill('x'.repeat(100_000))],
    ]) {
      const { code, hint } = await failureOf([execPlan(argv)]);
      assert.equal(code, 'STAGE_NOT_STARTED');
      assert.match(hint ?? '', /128 KiB, .* 2 MiB: give the program the text by a file/);
    }
  });
  test('an accepted signal is a success', async () => {
    await run([execPlan(['yes'], { signals: ['SIGPIPE'] }), execPlan(['head', '-n1'])]);
    assert.equal(written(), 'y\n');
  });
  test('an accepted exit code is a success', async () => {
    const [stage] = await run([shell('exit 1', { accepted: { min: 0, max: 1 } })]);
    assert.equal(stage?.end.exitCode, 1);
  });
  test('the report names the others and the last words', async () => {
    const failure = await failureOf([
      shell('echo "Access denied" >&2; exit 2'),
      execPlan(['cat']),
      execPlan(['cat']),
    ]);
    assert.ok(
      failure.details.includes('stages 2 (cat) and 3 (cat) ended normally'),
      failure.details.join('\n'),
    );
    assert.ok(failure.details.includes('| Access denied'));
  });
});

suite('stderr', () => {
  test('comes line by line', async () => {
    await run([shell('printf "one\\ntwo" >&2')]);
    assert.deepEqual(bench.lines, ['one', 'two']);
  });
  test('its last 32 KiB are kept, however much there is', async () => {
    const [stage] = await run([shell('yes 0123456789 | head -c 3000000 >&2; echo the end >&2')]);
    assert.ok((stage?.end.stderr.length ?? 0) <= 32 * 1024);
    assert.match(stage?.end.stderr ?? '', /the end\n$/);
  });
  test('a daemon that keeps it open does not hold the run up', async () => {
    const startedAt = performance.now();
    await run([shell('sleep 30 & echo $! >&2')]);
    assert.ok(performance.now() - startedAt < 10_000);
    process.kill(Number(bench.lines[0]));
  });
});

suite('secrets', () => {
  test('reach the stage and are never repeated', async () => {
    const file = join(bench.directory, 'password');
    writeFileSync(file, 'hunter22\n');
    const env = new Map([['PASSWORD', { type: 'file', path: file } as const]]);
    const failure = await failureOf([
      shell('echo "using $PASSWORD" >&2; printf %s "$PASSWORD"; exit 1', { env }),
    ]);
    assert.equal(written(), 'hunter22');
    assert.equal(bench.lines[0], `using \${file:${file}}`);
    assert.doesNotMatch(failure.details.join('\n'), /hunter22/);
  });
  test('one that is not there is a failure before anything starts', async () => {
    const env = new Map([['PASSWORD', { type: 'credential', name: 'db' } as const]]);
    delete process.env['CREDENTIALS_DIRECTORY'];
    const failure = await failureOf([shell('echo started', { env })]);
    assert.equal(failure.code, 'REFERENCE_UNRESOLVED');
    assert.match(failure.message, /\$\{credential:db\}/);
    assert.deepEqual(failure.place, shell('').place);
    assert.equal(written(), '');
  });
  test('values are put together from their parts', async () => {
    process.env['PALHM_TEST_HOST'] = 'db1';
    const argv = [
      literal('printf'),
      literal('%s'),
      {
        type: 'concat',
        parts: [
          literal('-h'),
          { type: 'env', name: 'PALHM_TEST_HOST', secret: false },
          literal(':'),
          { type: 'run', what: 'object' },
        ],
      } as const,
    ];
    await run([execPlan([], { argv })]);
    assert.equal(written(), '-hdb1:a/b');
  });
});

suite('the surroundings of a stage', () => {
  test('its environment says what it is part of', async () => {
    await run([shell('echo $PALHM_TASK $PALHM_PREFIX $PALHM_OBJECT $PALHM_HOST $PALHM_RUN')]);
    assert.equal(written(), `backup 2026 a/b here ${bench.runId}\n`);
  });
  test('no config changes the run that a stage is found by', async () => {
    const env = new Map([['PALHM_RUN', literal('mine')]]);
    await run([shell('echo $PALHM_RUN', { env })]);
    assert.equal(written(), `${bench.runId}\n`);
  });
  test('it inherits what the operation was given, not the environment of palhm', async () => {
    const context = {
      facts: factsOf({ task: 't', host: 'h' }),
      inherited: { PATH: process.env['PATH'], GIVEN: 'given', PALHM_PREFIX: 'that of another run' },
      runId: 'r',
      redactor: createRedactor(),
      blockedSignals: [],
    };
    await run([execPlan(['env'])], { context });
    assert.deepEqual(written().trim().split('\n').sort(), [
      'GIVEN=given',
      'PALHM_HOST=h',
      `PALHM_PROCESS=${identifySelf()}`,
      'PALHM_RUN=r',
      'PALHM_TASK=t',
      `PATH=${process.env['PATH']}`,
    ]);
  });
  test('cwd, nice, ionice', async () => {
    await run([
      shell('pwd; nice; ionice', {
        cwd: '/usr',
        nice: 7,
        ionice: { class: 'best-effort', level: 6 },
      }),
    ]);
    assert.equal(written(), '/usr\n7\nbest-effort: prio 6\n');
  });
  test('user', { skip: userInfo().uid !== 0 && 'needs root' }, async () => {
    await run([shell('id -un; id -Gn; echo $HOME $USER; cat', { user: 'nobody' })]);
    assert.equal(written(), 'nobody\nnogroup\n/nonexistent nobody\n');
  });
  test('a user that does not exist', async () => {
    const failure = await failureOf([execPlan(['true'], { user: 'no-such-user' })]);
    assert.match(failure.message, /no user no-such-user/);
  });
  test('blocked signals', async () => {
    const context = {
      facts: factsOf({ task: 't', host: 'h' }),
      inherited: process.env,
      runId: 'r',
      redactor: createRedactor(),
      blockedSignals: ['SIGTERM', 'SIGINT'] as const,
    };
    await run([shell('kill -TERM $$; echo survived')], { context });
    assert.equal(written(), 'survived\n');
  });
  test('a working directory that is not there', async () => {
    const failure = await failureOf([execPlan(['true'], { cwd: '/no/such/directory' })]);
    assert.equal(failure.code, 'STAGE_NOT_STARTED');
    assert.equal(
      failure.message,
      'true could not be started: /no/such/directory does not exist or is not a directory',
    );
  });
});
