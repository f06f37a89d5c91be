/**
 * Makes an unrelated process get a number that a dead one had, as a kernel does that has used up all others. The kernel gives
 * the next process the number after /proc/sys/kernel/ns_last_pid (pid_namespaces(7)), as long as nobody forks in between:
 * so tests do it in a namespace of their own.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Set in the namespace. */
const INSIDE = 'PALHM_TEST_PID_NAMESPACE';
const AS_ROOT = process.geteuid?.() === 0 ? [] : ['--map-root-user'];
const UNSHARE = [...AS_ROOT, '--pid', '--fork', '--kill-child', '--mount-proc'];
/** Of the namespace: waits for orphans, which Node would not. */
const INIT = '"$@"; exit $?';

/** Whether this process is in a pid namespace of its own. */
export const isInPidNamespace = process.env[INSIDE] !== undefined;

/** Registers a test that runs this test file, all of it, in a pid namespace of its own. */
export function testInPidNamespace(url: string): void {
  const able = spawnSync('unshare', [
    ...UNSHARE,
    'sh',
    '-c',
    'echo 1 >/proc/sys/kernel/ns_last_pid',
  ]);
  const skip = able.status === 0 ? false : 'no pid namespace can be made here';
  test('in a pid namespace of its own', { skip, timeout: 120_000 }, async () => {
    const node = [process.execPath, '--test-reporter=spec', fileURLToPath(url)];
    // Without the variable by which the test runner tells its own children how to report.
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const child = spawn('unshare', [...UNSHARE, 'sh', '-c', INIT, 'sh', ...node], {
      env: { ...environment, [INSIDE]: 'yes' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = await once(child, 'close');
    assert.equal(code, 0, output);
  });
}

export interface Stranger {
  readonly pid: number;
  /** Resolves with its exit status, as the shell tells it: 143 after a SIGTERM. */
  readonly ended: Promise<number>;
  end(): Promise<void>;
}

/** `setsid` keeps the number, because what a shell starts in the background leads no group. */
const TAKE = `while :; do
  echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
  setsid sh -c "$2" >/dev/null 2>&1 & got=$!
  [ $got = $1 ] && break
  kill -9 $got; wait $got
done 2>/dev/null
echo taken; wait $got; echo $?`;

interface StrangerOptions {
  /** By default it is no run's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What it does, for `sh`. */
  readonly script?: string;
}

/** Starts a process with this number, which must be free. It leads a session and a group of that number. */
export async function takePid(pid: number, options: StrangerOptions = {}): Promise<Stranger> {
  const { environment = {}, script = 'exec sleep 1000' } = options;
  const shell = spawn('sh', ['-c', TAKE, 'sh', `${pid}`, script], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'], ...environment },
  });
  const lines: string[] = [];
  const closed = once(shell, 'close');
  shell.stdout.setEncoding('utf8').on('data', (text: string) => void lines.push(text));
  await once(shell.stdout, 'data');
  const ended = closed.then(() => Number(lines.join('').split('\n')[1]));
  return {
    pid,
    ended,
    async end() {
      process.kill(pid, 'SIGKILL');
      await ended;
    },
  };
}
