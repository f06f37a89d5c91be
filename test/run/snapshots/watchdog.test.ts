/** The watchdog of a freeze, as a process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SAYS, THAWED } from '../../../src/run/snapshots/watchdog-orders.js';
import { file } from './frozen-file.js';

suite('the watchdog', () => {
  const script = fileURLToPath(new URL('../../../src/run/snapshots/watchdog.js', import.meta.url));

  async function watch(maxMs: number, mark = 'PALHM_HOLD=nobody') {
    const thaw = [
      { argv: ['false'], env: {}, cwd: undefined },
      { argv: ['no-such-program'], env: {}, cwd: undefined },
      {
        argv: ['/bin/sh', '-c', `echo thawed >> ${file('log')}`],
        env: { PATH: '/usr/bin:/bin' },
        cwd: '/',
      },
    ];
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const exit = once(child, 'exit');
    child.stdin.write(`${JSON.stringify({ what: 'group "g"', maxMs, thaw, mark })}\n`);
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
    const { child, exit } = await watch(60_000, mark);
    child.stdin.destroy();
    await gone;
    assert.deepEqual(await exit, [0, null]);
  });
});
