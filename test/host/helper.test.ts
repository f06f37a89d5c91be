import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, createReadStream, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Failure } from '../../src/failure/failure.js';
import { type Helper, runHelper } from '../../src/host/helper.js';
import { openPipe } from '../../src/host/pipes.js';
import { findByEnvironment } from '../../src/host/proc.js';
import { makeScratch } from '../rig/scratch.js';

const directory = makeScratch();

function shell(script: string, more: Partial<Helper> = {}): Helper {
  return { argv: ['sh', '-c', script], code: 'SINK_UNAVAILABLE', ...more };
}

async function failureOf(helper: Helper): Promise<Failure> {
  const error: unknown = await runHelper(helper).then(
    (end) => assert.fail(`it should have failed: ${JSON.stringify(end)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}

suite('what a helper is given', () => {
  test('no stdin, messages in English, palhm’s environment and more', async () => {
    const { stdout } = await runHelper(
      shell('cat; echo "$LC_ALL $PATH $MORE"', { environment: { MORE: 'more' } }),
    );
    assert.equal(stdout, `C ${process.env['PATH']} more`);
  });
  test('a descriptor as its number 3', async () => {
    const path = join(directory, randomUUID());
    const fd = openSync(path, 'w');
    await runHelper(shell('echo through >&3', { fd }));
    closeSync(fd);
    assert.equal(readFileSync(path, 'utf8'), 'through\n');
  });
  test('a process group of its own', async () => {
    const { stdout } = await runHelper(shell('echo $$; ps -o pgid= -p $$'));
    const [pid, group] = stdout.split('\n').map(Number);
    assert.equal(pid, group);
  });
});

suite('how it ends', () => {
  test('with what it printed', async () => {
    assert.deepEqual(await runHelper(shell('echo out; echo err >&2')), {
      exitCode: 0,
      stdout: 'out',
      stderr: 'err',
    });
  });
  test('with an exit code that is an answer', async () => {
    assert.equal((await runHelper(shell('exit 2', { accept: [0, 2] }))).exitCode, 2);
  });
  test('with any, also by a signal', async () => {
    assert.equal((await runHelper(shell('exit 9', { accept: 'any' }))).exitCode, 9);
    assert.equal((await runHelper(shell('kill -9 $$', { accept: 'any' }))).exitCode, null);
  });
  test('although something in the background holds its output', async () => {
    const { stdout } = await runHelper(shell('setsid sleep 1000 & echo $!'));
    process.kill(Number(stdout));
  });
});

suite('a failure', () => {
  test('has the code, the hint and the last lines of stderr', async () => {
    const failure = await failureOf(
      shell('seq 1 10000 >&2; echo broken >&2; exit 3', { code: 'SINK_FULL', hint: 'free some' }),
    );
    assert.equal(failure.code, 'SINK_FULL');
    assert.equal(failure.message, 'sh exited with status 3');
    assert.equal(failure.details.length, 10);
    assert.equal(failure.details.at(-1), '| broken');
    assert.equal(failure.hint, 'free some');
  });
  test('by a signal says which', async () => {
    assert.equal((await failureOf(shell('kill -9 $$'))).message, 'sh was killed by SIGKILL');
  });
  test('to start says what to install, and carries the error of the system', async () => {
    const missing = await failureOf({ argv: ['no-such-program'], code: 'SINK_UNAVAILABLE' });
    assert.equal(missing.message, 'the program no-such-program is not installed');
    assert.equal((missing.cause as NodeJS.ErrnoException).code, 'ENOENT');
    const plain = join(directory, 'plain');
    writeFileSync(plain, '', { mode: 0o600 });
    const refused = await failureOf({ argv: [plain], code: 'SINK_UNAVAILABLE' });
    assert.match(refused.message, /plain could not be started: .*EACCES/);
  });
});

suite('stopping', () => {
  /** Set in the environment of the helper, and so of all processes that it started. */
  const mark = { PALHM_TEST_HELPER: randomUUID() };
  const findAlive = () =>
    findByEnvironment((entries) => entries.includes(`PALHM_TEST_HELPER=${mark.PALHM_TEST_HELPER}`));

  test('an abort ends its whole group, the stubborn, too, and rejects with the reason', async () => {
    const ready = await openPipe();
    const controller = new AbortController();
    const reason = new Failure({ code: 'TERMINATED', message: 'stopped' });
    const stubborn = 'trap "" TERM; echo ready >&3; while :; do sleep 1; done';
    const running = runHelper(
      shell(`sh -c '${stubborn}' & wait`, {
        fd: ready.writeEnd,
        signal: controller.signal,
        environment: mark,
      }),
    );
    const [line] = await once(createReadStream('', { fd: ready.readEnd }), 'data');
    assert.equal(String(line), 'ready\n');
    controller.abort(reason);
    await assert.rejects(running, reason);
    assert.deepEqual(await findAlive(), []);
    closeSync(ready.writeEnd);
  });
  test('a timeout does, and says so', async () => {
    const failure = await failureOf(
      shell('sleep 600 & wait', { timeoutMs: 200, environment: mark }),
    );
    assert.equal(failure.message, 'sh did not end within 0.2 s and was stopped');
    assert.deepEqual(await findAlive(), []);
  });
  test('too long an output does', async () => {
    const failure = await failureOf(
      shell('sleep 600 & head -c 5000000 /dev/zero; wait', { environment: mark }),
    );
    assert.equal(failure.message, 'sh printed more than 4 MiB and was stopped');
    assert.deepEqual(await findAlive(), []);
  });
  test('what was aborted before does not start', async () => {
    const path = join(directory, randomUUID());
    await assert.rejects(
      runHelper(shell(`: > ${path}`, { signal: AbortSignal.abort(new Error('before')) })),
      /before/,
    );
    assert.throws(() => readFileSync(path), /ENOENT/);
  });
});
