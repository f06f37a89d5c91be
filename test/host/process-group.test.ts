import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { findInSession, readStatNow } from '../../src/host/proc.js';
import { type ProcessGroup, startGroup } from '../../src/host/process-group.js';
import { signalUntilGone } from '../../src/host/signal-processes.js';
import { isAlive } from '../rig/processes.js';

const GRACE_MS = 500;

interface Left {
  readonly group: ProcessGroup;
  /** What the script has printed first: a process that it has started. */
  readonly pid: number;
}

/** Resolves when the script has ended and was reaped. */
async function runToEnd(script: string, environment: Record<string, string> = {}): Promise<Left> {
  const { child, group } = startGroup(
    () =>
      spawn('bash', ['-c', script], {
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...environment },
      }),
    environment['PALHM_RUN'],
  );
  assert.ok(group !== undefined);
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  await exited;
  lines.close();
  return { group, pid: Number(line) };
}

suite('what a leader that was reaped has left', () => {
  for (const [what, script] of [
    ['without an environment', 'env -i sleep 1000 >/dev/null & echo $!'],
    ['in a group of its own', 'set -m; env -i sleep 1000 >/dev/null & echo $!'],
    ['that ignores SIGTERM', '(trap "" TERM; exec env -i sleep 1000 >/dev/null) & echo $!'],
  ] as const)
    test(`is stopped: a process ${what}`, async () => {
      const { group, pid } = await runToEnd(script);
      assert.ok(isAlive(pid));
      await group.stop(GRACE_MS);
      assert.equal(isAlive(pid), false);
    });

  test('is stopped: a process that is younger than the reaping, as long as an older one is there', async () => {
    const late = 'while [ -e /proc/$LEADER ]; do :; done; sleep 1000; :';
    const { group } = await runToEnd(
      `echo $$; env -i LEADER=$$ bash -c '${late}' >/dev/null 2>&1 &`,
    );
    const members = async () => (await findInSession(group.pid)).map(({ pid }) => pid);
    while ((await members()).length < 2) {}
    await group.stop(GRACE_MS);
    assert.deepEqual(await members(), []);
  });

  test('is stopped: a young process that has the run in its environment', async () => {
    const run = randomUUID();
    const late = '(while [ -e /proc/$$ ]; do :; done; sleep 1000 & :) >/dev/null &';
    const { group } = await runToEnd(`echo $$; ${late}`, { PALHM_RUN: run });
    const names = async () => {
      const pids = (await findInSession(group.pid)).map(({ pid }) => pid);
      return pids.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    };
    while ((await names().catch(() => [])).join() !== 'sleep') {}
    await group.stop(GRACE_MS);
    assert.deepEqual(await findInSession(group.pid), []);
  });
});

test('a process whose number is another one’s by now gets no signal', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
  const pid = child.pid ?? 0;
  const stat = readStatNow(pid);
  assert.ok(stat !== undefined);
  const former = { pid, ...stat, startTime: stat.startTime - 1 };
  const find = () => Promise.resolve([former]);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    assert.equal(await signalUntilGone({ signal, patienceMs: 0, find }), false);
  // One that a signal is on its way to would not answer any more.
  child.stdin.end('alive');
  assert.equal(await text(child.stdout), 'alive');
});
