/** The watchdog of a freeze, as a process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { carryOutThaw } from '../../../src/run/snapshots/carry-out-thaw.js';
import { SAYS, TAKE_OVER, THAWED } from '../../../src/run/snapshots/watchdog-orders.js';
import type { ThawCommand } from '../../../src/wire/own-files.js';
import { pidIn } from '../../rig/processes.js';
import { file } from './frozen-file.js';

suite('the watchdog', () => {
  const script = fileURLToPath(new URL('../../../src/run/snapshots/watchdog.js', import.meta.url));

  const failing = [
    { argv: ['false'], env: {}, cwd: undefined },
    { argv: ['no-such-program'], env: {}, cwd: undefined },
  ];
  async function watch(
    maxMs: number,
    {
      mark = 'PALHM_HOLD=nobody',
      others = failing,
    }: { readonly mark?: string; readonly others?: readonly ThawCommand[] } = {},
  ) {
    const good = {
      argv: ['/bin/sh', '-c', `echo thawed >> ${file('log')}`],
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
    };
    const thaw = [...others, good];
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const exit = once(child, 'exit');
    child.stdin.write(`${JSON.stringify({ what: 'group "g"', maxMs, thaw, mark, notes: [] })}\n`);
    const [line] = await once(child.stdout, 'data');
    assert.equal(String(line).split('\n')[0], SAYS.watching);
    return { child, exit };
  }
  const log = (): string => (existsSync(file('log')) ? readFileSync(file('log'), 'utf8') : '');

  test('does nothing when it is told that all is thawed', async () => {
    const { child, exit } = await watch(60_000);
    child.stdin.end(`${THAWED}\n`);
    assert.deepEqual(await exit, [0, null]);
    assert.equal(log(), '');
  });
  test('thaws once when palhm is gone, whatever signals its session gets and whatever a thaw does', async () => {
    const { child, exit } = await watch(60_000);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) child.kill(signal);
    child.stdin.destroy();
    assert.deepEqual(await exit, [0, null]);
    assert.equal(log(), 'thawed\n');
  });
  test('thaws when the time is over, also when nobody reads what it says', async () => {
    const { child, exit } = await watch(50);
    child.stderr.destroy();
    child.stdout.destroy();
    await exit;
    assert.equal(log(), 'thawed\n');
  });
  test('says "thawed" only when all of it is, and why it had to', async () => {
    for (const [order, others, words] of [
      ['', [], /^palhm watchdog: palhm has ended: thawed group "g"\n$/],
      [
        `${TAKE_OVER}\n`,
        failing,
        /^palhm watchdog: a program that freezes or thaws has failed: could not thaw all of group "g"\npalhm watchdog: thaw 1 of 3 ended with 1\npalhm watchdog: thaw 2 of 3 could not be started/,
      ],
    ] as const) {
      const { child, exit } = await watch(60_000, { others });
      const said = text(child.stderr);
      child.stdin.end(order);
      await exit;
      assert.match(await said, words);
    }
  });
  test('ends what holds, and its children', async () => {
    const mark = `PALHM_HOLD=${file('x')}`;
    const holding = spawn(
      'bash',
      ['-c', `echo $$ > ${file('holder')}; setsid sleep 60 & sleep 60`],
      {
        env: { ...process.env, PALHM_HOLD: file('x') },
        stdio: 'ignore',
      },
    );
    const gone = once(holding, 'exit');
    while (!existsSync(file('holder')) || readFileSync(file('holder'), 'utf8') === '') await turn();
    const { child, exit } = await watch(60_000, { mark });
    child.stdin.destroy();
    await gone;
    assert.deepEqual(await exit, [0, null]);
  });
});

suite('a thaw in place of palhm', () => {
  const accepts1 = {
    accepted: { min: 0, max: 1 },
    signals: [],
    nice: undefined,
    ionice: undefined,
  };
  const run = (script: string, more: Partial<ThawCommand> = {}) =>
    carryOutThaw({
      mark: 'PALHM_HOLD=nobody',
      thaw: [{ argv: ['/bin/sh', '-c', script], env: { PATH: '/usr/bin:/bin' }, ...more }],
    });

  test('is good with each exit code that its exec accepts, unless its wrapper has ended with that', async () => {
    assert.deepEqual(await run('exit 1'), ['thaw 1 of 1 ended with 1']);
    assert.deepEqual(await run('exit 1', { verdict: accepts1 }), []);
    assert.deepEqual(await run('exit 2', { verdict: accepts1 }), ['thaw 1 of 1 ended with 2']);
    const unfit = 'echo "setpriv: failed to execute x: No such file or directory" >&2; exit 1';
    assert.deepEqual(await run(unfit, { verdict: accepts1 }), ['thaw 1 of 1 ended with 1']);
  });
  test('does not wait for what keeps its stderr', async () => {
    const script = `sleep 60 & echo $! > ${file('left')}; exit 1`;
    assert.deepEqual(await run(script, { verdict: accepts1 }), []);
    process.kill(pidIn(file('left')));
  });
  test('has the time that its exec gives it', async () => {
    assert.deepEqual(await run('exec sleep 60', { timeoutMs: 200 }), [
      'thaw 1 of 1 did not end within 0.2 s and was killed',
    ]);
  });
});
