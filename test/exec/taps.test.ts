import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import type { ExecPlan } from '../../src/config/plan/plan.js';
import type { Failure } from '../../src/failure/failure.js';
import { openPipe } from '../../src/host/pipes.js';
import { execPlan, shell } from '../rig/plans.js';
import { isAlive } from '../rig/processes.js';
import { openRig, type Rig } from '../rig/rig.js';
import { openBench } from './bench.js';

const bench = openBench();
let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(() => {
  bench.close();
  rig.close();
});

interface Tapped {
  readonly taps: readonly { readonly stage: number; readonly fd: number }[];
  readonly onStarted: () => void;
  /** Resolves at the end of the tap with all that came through it. */
  readonly text: Promise<string>;
  readonly close: () => void;
}

async function tapAt(stage: number): Promise<Tapped> {
  const { readEnd, writeEnd } = await openPipe();
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  let open = true;
  const onStarted = (): void => {
    if (open) closeSync(writeEnd);
    open = false;
  };
  return {
    taps: [{ stage, fd: writeEnd }],
    onStarted,
    text: closed.then(() => Buffer.concat(chunks).toString()),
    close() {
      onStarted();
      socket.destroy();
    },
  };
}

async function run(stage: number, execs: readonly ExecPlan[]): Promise<string> {
  const { taps, onStarted, text } = await tapAt(stage);
  await bench.run(execs, { taps, onStarted });
  return text;
}

async function failureOf(stage: number, execs: readonly ExecPlan[]): Promise<Failure> {
  const { taps, onStarted, close } = await tapAt(stage);
  try {
    return await bench.failureOf(execs, { taps, onStarted });
  } finally {
    close();
  }
}

suite('a tap', () => {
  test('behind the first stage sees what that writes, and the next gets it', async () => {
    assert.equal(await run(0, [shell('echo abc'), execPlan(['tr', 'a-z', 'A-Z'])]), 'abc\n');
    assert.equal(bench.written(), 'ABC\n');
  });
  test('behind the last stage sees what goes into the descriptor', async () => {
    assert.equal(await run(1, [shell('echo abc'), execPlan(['tr', 'a-z', 'A-Z'])]), 'ABC\n');
    assert.equal(bench.written(), 'ABC\n');
  });
  test('is no stage', async () => {
    const { taps, onStarted } = await tapAt(0);
    const stages = await bench.run([execPlan(['true']), execPlan(['cat'])], { taps, onStarted });
    assert.deepEqual(
      stages.map(({ exec }) => exec.argv[0]),
      [execPlan(['true']).argv[0], execPlan(['cat']).argv[0]],
    );
  });
  test('100 MB arrive whole at both', async () => {
    const zeros = execPlan(['head', '-c', '100000000', '/dev/zero']);
    const text = await run(0, [zeros, execPlan(['sha256sum'])]);
    assert.equal(text.length, 100_000_000);
    const expected = createHash('sha256').update(text).digest('hex');
    assert.equal(bench.written(), `${expected}  -\n`);
  });
  test('leaves the stage its stdout as a pipe', async () => {
    assert.equal(await run(0, [shell('test -p /dev/stdout && echo pipe > /dev/stdout')]), 'pipe\n');
  });
});

suite('the cause of a failure is a stage, not its tee', () => {
  const cases: readonly [string, number, readonly ExecPlan[], RegExp][] = [
    [
      'it fails itself',
      0,
      [shell('echo half; exit 3'), execPlan(['cat'])],
      /^stage 1 of 2, bash, exited with status 3/,
    ],
    [
      'the next one fails',
      0,
      [execPlan(['yes']), shell('exit 9')],
      /^stage 2 of 2, bash, exited with status 9/,
    ],
    [
      'the next one ends early',
      0,
      [execPlan(['yes']), execPlan(['head', '-n1'])],
      /^stage 1 of 2, yes, was killed by SIGPIPE/,
    ],
    [
      'the last one fails',
      1,
      [execPlan(['yes']), shell('head -c 10; exit 7')],
      /^stage 2 of 2, bash, exited with status 7/,
    ],
  ];
  for (const [name, stage, execs, message] of cases) {
    test(name, async () => {
      const failure = await failureOf(stage, execs);
      assert.match(failure.message, message);
      assert.doesNotMatch(failure.details.join('\n'), /tee/);
    });
  }
  test('an accepted SIGPIPE stays a success', async () => {
    await run(0, [execPlan(['yes'], { signals: ['SIGPIPE'] }), execPlan(['head', '-n1'])]);
    assert.equal(bench.written(), 'y\n');
  });
});

suite('a tee', () => {
  test('that cannot write is told as what it is', async () => {
    const { taps, onStarted, close } = await tapAt(0);
    const full = openSync('/dev/full', 'w');
    const failure = await bench.failureOf([execPlan(['yes'])], { taps, onStarted, stdout: full });
    closeSync(full);
    close();
    assert.equal(failure.code, 'STAGE_FAILED');
    assert.match(
      failure.message,
      /^the output of yes could not be passed on: the tee behind it ended/,
    );
    assert.match(failure.details.join('\n'), /No space left on device/);
  });
  test('does not wait for ever for what a stage left in the background', async () => {
    const failure = await failureOf(0, [shell('sleep 600 & echo $! >&2; echo done')]);
    assert.match(failure.message, /^process \d+ \(sleep\), left behind by a stage that has ended/);
    assert.equal(isAlive(Number(bench.lines[0])), false);
  });
  test('waits for what ends a moment after its stage', async () => {
    assert.equal(await run(0, [shell('(sleep 0.3; echo late) & echo early')]), 'early\nlate\n');
  });
  test('ends with the pipeline when that is cancelled', async () => {
    const { taps, onStarted, text } = await tapAt(0);
    const cancel = new AbortController();
    const running = bench.run([execPlan(rig.argv('held')), execPlan(['cat'])], {
      taps,
      onStarted,
      signal: cancel.signal,
    });
    await rig.invoked('held');
    cancel.abort(new Error('enough'));
    await assert.rejects(running, /enough/);
    assert.equal(await text, '');
  });
  test('waits for a slow reader of the tap', async () => {
    const { readEnd, writeEnd } = await openPipe();
    const socket = new Socket({ fd: readEnd, readable: true, writable: false });
    socket.pause();
    const closed = once(socket, 'close');
    const actor = execPlan(rig.argv('reader'));
    const running = bench.run([execPlan(['head', '-c', '1000000', '/dev/zero']), actor], {
      taps: [{ stage: 0, fd: writeEnd }],
      onStarted: () => closeSync(writeEnd),
    });
    const reader = await rig.invoked('reader');
    const all = reader.tell({ do: 'read-all' });
    let seen = 0;
    socket.on('data', (chunk: Buffer) => (seen += chunk.length));
    socket.resume();
    assert.equal(String(await all).length, 1_000_000);
    await closed;
    assert.equal(seen, 1_000_000);
    await reader.end({ do: 'exit', code: 0 });
    await running;
  });
});
