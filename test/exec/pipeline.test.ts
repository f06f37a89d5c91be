import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan.js';
import type { JudgedStage } from '../../src/exec/blame.js';
import { type PipelineStart, runPipeline } from '../../src/exec/pipeline.js';
import { createRedactor } from '../../src/exec/values.js';
import { Failure } from '../../src/failure/failure.js';
import { execPlan, literal, shell } from '../rig/plans.js';
import { isAlive, openRig, type Rig } from '../rig/rig.js';

let directory = '';
let out = '';
let lines: string[] = [];
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'palhm-test-'));
});
beforeEach(() => {
  out = join(directory, `out-${Math.random()}`);
  lines = [];
});
after(() => rmSync(directory, { recursive: true }));

async function run(
  execs: readonly ExecPlan[],
  more: Partial<PipelineStart> = {},
): Promise<readonly JudgedStage[]> {
  const fd = openSync(out, 'w');
  try {
    return await runPipeline({
      execs,
      context: {
        facts: { task: 'backup', host: 'here', prefix: '2026', object: 'a/b' },
        runId: 'run-1',
        redactor: createRedactor(),
        blockedSignals: [],
      },
      stdout: fd,
      onStarted: () => {},
      onLine: (_, line) => void lines.push(line),
      signal: new AbortController().signal,
      graceMs: 500,
      ...more,
    });
  } finally {
    closeSync(fd);
  }
}

async function failureOf(
  execs: readonly ExecPlan[],
  more: Partial<PipelineStart> = {},
): Promise<Failure> {
  const error: unknown = await run(execs, more).then(
    () => assert.fail('the pipeline should have failed'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}

const written = (): string => readFileSync(out, 'utf8');

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
    ['the only one exits with 1', [execPlan(['false'])], /^false, exited with status 1/],
    [
      'one is killed',
      [shell('echo half; kill -9 $$'), execPlan(['cat'])],
      /^stage 1 of 2, bash, was killed by SIGKILL/,
    ],
    [
      'killed, though any exit code is accepted',
      [shell('kill -TERM $$', { accepted: { min: 0, max: 255 } })],
      /^bash, was killed by SIGTERM/,
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
    [
      'a program that is not there',
      [execPlan(['/no/such/program'])],
      /^program, exited with status 127/,
    ],
  ];
  for (const [name, execs, message] of cases) {
    test(name, async () => {
      const failure = await failureOf(execs);
      assert.equal(failure.code, 'STAGE_FAILED');
      assert.match(failure.message, message);
    });
  }
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
    assert.deepEqual(lines, ['one', 'two']);
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
    process.kill(Number(lines[0]));
  });
});

suite('secrets', () => {
  test('reach the stage and are never repeated', async () => {
    const file = join(directory, 'password');
    writeFileSync(file, 'hunter22\n');
    const env = new Map([['PASSWORD', { type: 'file', path: file } as const]]);
    const failure = await failureOf([
      shell('echo "using $PASSWORD" >&2; printf %s "$PASSWORD"; exit 1', { env }),
    ]);
    assert.equal(written(), 'hunter22');
    assert.equal(lines[0], `using \${file:${file}}`);
    assert.doesNotMatch(failure.details.join('\n'), /hunter22/);
  });
  test('one that is not there is a failure before anything starts', async () => {
    const env = new Map([['PASSWORD', { type: 'credential', name: 'db' } as const]]);
    delete process.env['CREDENTIALS_DIRECTORY'];
    const failure = await failureOf([shell('echo started', { env })]);
    assert.equal(failure.code, 'REFERENCE_UNRESOLVED');
    assert.match(failure.message, /\$\{credential:db\}/);
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
    assert.equal(written(), 'backup 2026 a/b here run-1\n');
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
      facts: { task: 't', host: 'h' },
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
  });
});

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
  test('a stage that does not notice the failure of another is stopped', async () => {
    const running = failureOf([execPlan(rig.argv('idle')), shell('read x; exit 3')]);
    const idle = await rig.invoked('idle');
    await idle.tell({ do: 'print', text: 'go\n' });
    assert.match((await running).message, /^stage 2 of 2, bash, exited with status 3/);
    assert.equal(isAlive(idle.pid), false);
  });
  test('a background process of a failed stage does not outlive it', async () => {
    const mark = join(directory, 'background');
    await failureOf([shell(`sleep 600 & echo $! > ${mark}; exit 1`)]);
    assert.ok(existsSync(mark));
    assert.equal(isAlive(Number(readFileSync(mark, 'utf8'))), false);
  });
  test('a stage dies with palhm, even by kill -9', async () => {
    const script = join(directory, 'parent.mjs');
    const url = (name: string): string =>
      new URL(`../../src/exec/${name}.js`, import.meta.url).href;
    writeFileSync(
      script,
      `import { startStage } from '${url('stage')}'; import { openPipe } from '${url('pipes')}';
       const { writeEnd } = await openPipe();
       await startStage({ command: { name: 'x', argv: ['setpriv', '--pdeathsig', 'TERM', ...process.argv.slice(2)], env: process.env },
         stdin: 'ignore', stdout: writeEnd, onLine() {}, timeoutMs: undefined });`,
    );
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
