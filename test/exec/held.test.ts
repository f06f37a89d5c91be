/** A process that a stage has left behind holds its pipe: the next stage waits for the end, or the one before for room. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import { NOWHERE, openIntake } from '../../src/host/intake.js';
import { createThreads } from '../../src/host/threads/threads.js';
import { execPlan, shell } from '../rig/plans.js';
import { isAlive, processesWith } from '../rig/processes.js';
import { openBench } from './bench.js';

process.env['PALHM_TEST_HELD'] = `held-${process.pid}`;
const threads = createThreads();
after(async () => {
  for (const pid of processesWith(`PALHM_TEST_HELD=held-${process.pid}`))
    process.kill(pid, 'SIGKILL');
  await threads.close();
});

const CAT = execPlan(['cat']);

interface HeldPipeline {
  readonly execs: readonly ExecPlan[];
  readonly message: RegExp;
  readonly code: 'STAGE_HELD' | 'STAGE_TIMEOUT';
  readonly from: string;
  /** With no intake, as `restore --stdout`. */
  readonly isOpenEnded?: boolean;
}

/** More than a pipe holds. */
const MUCH = execPlan(['head', '-c', '1000000', '/dev/zero']);
const POLLING = execPlan([
  process.execPath,
  '-e',
  `new (require('net').Socket)({ fd: 1, readable: false, writable: true }).write(Buffer.alloc(1e6))`,
]);
/** Leaves a process that has the stdin of its stage, but not its stdout. */
const leaveReader = (command: string, more: Partial<ExecPlan> = {}): ExecPlan =>
  shell(`exec 3<&0; head -c 1000; setsid ${command} <&3 >/dev/null & exit 0`, more);

const UNREAD =
  /^process \d+ \(sleep\), left behind by a stage that has ended, still holds its stdin$/;
const HELD =
  /^process \d+ \(sleep\), left behind by a stage that has ended, still holds its stdout$/;

const CASES: Readonly<Record<string, HeldPipeline>> = {
  'in its group': {
    execs: [shell('echo data; sleep 600 &'), CAT],
    message: HELD,
    code: 'STAGE_HELD',
    from: 'stage 1 of 2 (bash)',
  },
  'in a session of its own': {
    execs: [shell('echo data; setsid sleep 600 & exit 0'), CAT],
    message: HELD,
    code: 'STAGE_HELD',
    from: 'stage 1 of 2 (bash)',
  },
  'behind the second stage of three': {
    execs: [shell('echo data'), shell('cat; setsid sleep 600 &'), CAT],
    message: HELD,
    code: 'STAGE_HELD',
    from: 'stage 2 of 3 (bash)',
  },
  'in a pipeline whose end palhm does not read': {
    execs: [shell('echo data; setsid sleep 600 &'), CAT],
    message: HELD,
    code: 'STAGE_HELD',
    from: 'stage 1 of 2 (bash)',
    isOpenEnded: true,
  },
  'that writes elsewhere': {
    execs: [
      shell(`echo data; setsid bash -c 'while :; do echo x >/dev/null; sleep 0.1; done' &`),
      CAT,
    ],
    message: /^process \d+ \((bash|sleep)\), left behind by a stage that has ended/,
    code: 'STAGE_HELD',
    from: 'stage 1 of 2 (bash)',
  },
  'until the timeout of its stage': {
    execs: [
      shell('echo data; setsid sleep 600 &', { timeout: { ms: 4000 } }),
      shell('cat', { timeout: { ms: 60_000 } }),
    ],
    message:
      /^process \d+ \(sleep\), .* still holds its stdout when the timeout of 4\.0 s is over$/,
    code: 'STAGE_TIMEOUT',
    from: 'stage 1 of 2 (bash)',
  },
  'until the timeout of the next one, which is not blamed': {
    execs: [shell('echo data; setsid sleep 600 &'), execPlan(['cat'], { timeout: { ms: 1500 } })],
    message:
      /^process \d+ \(sleep\), .* its stdout: stage 2 of 2 \(cat\) waited for its end until its own timeout$/,
    code: 'STAGE_TIMEOUT',
    from: 'stage 1 of 2 (bash)',
  },
  'that does not read what is written': {
    execs: [MUCH, leaveReader('sleep 600')],
    message: UNREAD,
    code: 'STAGE_HELD',
    from: 'stage 2 of 2 (bash)',
  },
  'that does not read what another program polls to write': {
    execs: [POLLING, leaveReader('sleep 600'), CAT],
    message: UNREAD,
    code: 'STAGE_HELD',
    from: 'stage 2 of 3 (bash)',
  },
  'that does not read until the timeout of its stage': {
    execs: [MUCH, leaveReader('sleep 600', { timeout: { ms: 4000 } })],
    message: /^process \d+ \(sleep\), .* still holds its stdin when the timeout of 4\.0 s is over$/,
    code: 'STAGE_TIMEOUT',
    from: 'stage 2 of 2 (bash)',
  },
  'that does not read until the timeout of the one before, which is not blamed': {
    execs: [
      { ...MUCH, timeout: { ms: 15_000 } },
      leaveReader('sleep 600', { timeout: { ms: 60_000 } }),
    ],
    message:
      /^process \d+ \(sleep\), .* its stdin: stage 1 of 2 \(head\) waited for room in it until its own timeout$/,
    code: 'STAGE_TIMEOUT',
    from: 'stage 2 of 2 (bash)',
  },
};

function makeFifo(directory: string): string {
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  return fifo;
}

// Most of them wait for seconds.
suite('what an earlier stage leaves', { timeout: 60_000, concurrency: true }, () => {
  for (const [name, { execs, message, code, from, isOpenEnded }] of Object.entries(CASES))
    test(`is named and ended: a holder ${name}`, async () => {
      const bench = openBench();
      const intake = isOpenEnded === true ? undefined : await openIntake(threads, NOWHERE);
      const failure = await bench.failureOf(execs, intake && { stdout: intake });
      await intake?.close();
      assert.match(failure.message, message);
      assert.equal(failure.code, code);
      assert.deepEqual(failure.details, [`it was left behind by ${from}, and is ended`]);
      assert.equal(failure.place, execs[0]?.place);
      assert.equal(isAlive(Number(/\d+/.exec(failure.message)?.[0])), false);
      assert.deepEqual(processesWith(`PALHM_RUN=${bench.runId}`), []);
      bench.close();
    });

  test('has time until the timeout of its stage, and is named before', async () => {
    const bench = openBench();
    const fifo = makeFifo(bench.directory);
    const held: string[] = [];
    const script = `echo a; setsid bash -c "cat ${fifo}; echo b" &`;
    await bench.run([shell(script, { timeout: { ms: 50_000 } }), CAT], {
      onHeld(message) {
        held.push(message);
        writeFileSync(fifo, '');
      },
    });
    assert.equal(bench.written(), 'a\nb\n');
    assert.equal(held.length, 1);
    assert.match(held[0] ?? '', /^process \d+ .*; it has time until the timeout of the stage$/);
    bench.close();
  });

  for (const [what, writer, reader] of [
    [
      'into one that passes it on',
      'for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; echo $i; done',
      'cat',
    ],
    [
      'into one that prints at its end',
      'for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; echo $i; done',
      'sort',
    ],
    [
      'as fast as a reader takes it that pauses',
      'head -c 300000 /dev/zero',
      'head -c 1000; sleep 4.5; cat',
    ],
  ] as const)
    test(`may write on ${what}`, async () => {
      const bench = openBench();
      const intake = await openIntake(threads, NOWHERE);
      const left = shell(`echo 0; setsid bash -c '${writer}' & exit 0`);
      await bench.run([left, shell(reader)], { stdout: intake });
      assert.ok((await intake.taken).size >= 12);
      await intake.close();
      bench.close();
    });

  for (const [what, execs] of Object.entries({
    'read on with pauses': [
      MUCH,
      leaveReader(`bash -c 'for i in 1 2 3 4 5 6; do head -c 70000; sleep 1; done; cat'`),
    ],
    'read when something comes': [shell('echo; sleep 5; echo'), leaveReader('cat')],
    'pause while its stage runs': [
      MUCH,
      shell('exec 3<&0; sleep 600 <&3 >/dev/null & sleep 5; cat; kill %1'),
    ],
  }))
    test(`may ${what}`, async () => {
      const bench = openBench();
      const intake = await openIntake(threads, NOWHERE);
      await bench.run(execs, { stdout: intake });
      await intake.close();
      bench.close();
    });

  test('is told also when palhm may not look at it', async () => {
    const bench = openBench();
    const [fifo, pidFile] = [makeFifo(bench.directory), join(bench.directory, 'pid')];
    const failing = bench.failureOf([shell(`echo $$ >${pidFile}; echo data; cat <${fifo}`), CAT]);
    // Opened for writing as soon as the stage opens it to read. This process is the one that palhm never looks at: itself.
    const told = await open(fifo, 'w');
    const held = openSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/fd/1`, 'w');
    await told.close();
    const failure = await failing;
    closeSync(held);
    assert.equal(failure.code, 'STAGE_HELD');
    assert.equal(
      failure.message,
      'a process that palhm may not look at, left behind by a stage that has ended, still holds its stdout',
    );
    bench.close();
  });

  test('does not make a tap wait for ever', async () => {
    const bench = openBench();
    const [intake, tap] = [await openIntake(threads, NOWHERE), await openIntake(threads, NOWHERE)];
    const failure = await bench.failureOf([shell('echo data; setsid sleep 600 &'), CAT], {
      stdout: intake,
      taps: [{ stage: 0, fd: tap.fd }],
      onStarted: () => tap.handOver(),
    });
    assert.match(failure.message, HELD);
    assert.deepEqual(failure.details, ['it was left behind by stage 1 of 2 (bash), and is ended']);
    await Promise.all([intake.close(), tap.close()]);
    bench.close();
  });
});
