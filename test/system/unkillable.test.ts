/** Processes that survive SIGKILL: they write to a file system that is frozen, and wait in the kernel. Only root can freeze one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '../../src/failure/failure.js';
import { startPalhm } from '../rig/palhm.js';
import { makeSite } from '../rig/site.js';

function call(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'pipe' });
}

/** A directory into which nothing can be written until what is returned is called. Undefined, and the test skipped, else. */
function freeze(context: TestContext, at: string): (() => void) | undefined {
  const image = `${at}.image`;
  mkdirSync(at);
  call('truncate', '-s', '12M', image);
  try {
    call('mkfs.ext4', '-q', '-F', image);
    call('mount', '-o', 'loop', image, at);
    call('fsfreeze', '--freeze', at);
  } catch (error) {
    context.skip(`cannot freeze a file system: ${messageOf(error)}`);
    return undefined;
  }
  return () => {
    call('fsfreeze', '--unfreeze', at);
    call('umount', '-l', at);
    rmSync(image);
  };
}

const DD = 'dd if=/dev/zero of=FROZEN/x count=1 status=none';

suite('what survives SIGKILL is named, and does not keep palhm', { concurrency: true }, () => {
  for (const [name, script, timeout, code, message] of [
    ['a stage', `echo $$ >MARK; exec ${DD}`, undefined, 143, /^stopped by SIGTERM$/],
    [
      'a stage at its timeout',
      `echo $$ >MARK; exec ${DD}`,
      '1s',
      1,
      /^sh could not be stopped, not even by SIGKILL after /,
    ],
    [
      'what a stage has left in another session',
      `setsid ${DD} >/dev/null 2>&1 & echo $! >MARK; exec sleep 600`,
      undefined,
      143,
      /^stopped by SIGTERM$/,
    ],
  ] as const)
    test(name, { timeout: 120_000 }, async (context) => {
      const site = makeSite();
      context.after(() => site.remove());
      const [frozen, mark] = [join(site.directory, 'frozen'), join(site.directory, 'mark')];
      const thaw = freeze(context, frozen);
      if (thaw === undefined) return;
      const filled = script.replace('FROZEN', frozen).replace('MARK', mark);
      writeFileSync(site.config, JSON.stringify(configOf(site.root, filled, timeout)));
      try {
        const palhm = startPalhm(['-f', site.config, '--log-format', 'json', 'run', 'backup']);
        const pid = await waitUntilStuck(mark);
        if (timeout === undefined) palhm.child.kill('SIGTERM');
        const ended = await palhm.ended;
        assert.equal(ended.code, code, ended.stderr);
        const failures = palhm.events().filter(({ event }) => event === 'failed');
        const [first, second] = failures.map(({ failure }) => failure as ShownFailure);
        assert.match(first?.message ?? '', message);
        assert.equal(second?.code, 'CLOSE_FAILED');
        assert.match(second.message, /^SIGKILL does not end a process of run /);
        assert.deepEqual(second.details, [`process ${pid} (dd) waits for a device or a server`]);
        assert.deepEqual(readdirSync(site.root), ['.palhm-lock']);
      } finally {
        thaw();
      }
    });
});

interface ShownFailure {
  readonly code: string;
  readonly message: string;
  readonly details: readonly string[];
}

function configOf(root: string, script: string, timeout: string | undefined): object {
  const stage = { type: 'exec-inline', argv: ['sh', '-c', script], timeout };
  const objects = [{ path: 'o', pipeline: [stage] }];
  const task = { id: 'backup', type: 'backup', backend: 'localfs', 'backend-param': { root } };
  return { tasks: [{ ...task, objects }] };
}

/** Resolves with the number of the process that writes it into the file. */
async function waitUntilStuck(mark: string): Promise<number> {
  for (;;) {
    const pid = existsSync(mark) ? Number(readFileSync(mark, 'utf8')) : 0;
    if (pid > 0 && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(' (dd) D ')) return pid;
    await turn();
  }
}
