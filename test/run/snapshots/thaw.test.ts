/**
 * `palhm thaw`, and what the next run does, about what dead palhms have left frozen. Each case has a /run/palhm of its own. Needs
 * root; Debian package: util-linux.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PALHM } from '../../rig/palhm.js';
import { makeScratch, makeTree } from '../../rig/scratch.js';

const DOOMED = fileURLToPath(new URL('doomed-freeze.js', import.meta.url));
/** In a mount namespace where this directory is /run/palhm. */
const WITH_RUN =
  'unset PALHM_RUNTIME_DIRECTORY; mkdir -p /run/palhm; mount --bind "$0" /run/palhm; exec "$@"';

const FREEZING = {
  tasks: [
    {
      id: 't',
      type: 'backup',
      backend: 'null',
      'object-groups': [
        {
          id: 'g',
          freeze: {
            freeze: [{ type: 'exec-inline', argv: ['true'] }],
            thaw: [{ type: 'exec-inline', argv: ['true'] }],
            max: '20s',
          },
        },
      ],
      objects: [
        { path: 'o', group: 'g', pipeline: [{ type: 'exec-inline', argv: ['echo', 'x'] }] },
      ],
    },
  ],
};

suite('what is left frozen', {
  skip: process.getuid?.() === 0 ? false : 'needs root, to have a /run/palhm of its own',
}, () => {
  let run: string;
  let directory: string;
  let children: ChildProcess[];
  beforeEach(() => {
    [run, directory] = [makeScratch(), makeScratch()];
    children = [];
  });
  afterEach(() => {
    for (const { pid } of children) if (pid !== undefined) killWith(pid);
  });

  const argvOf = (argv: readonly string[]): string[] => [
    '--mount',
    'sh',
    '-ec',
    WITH_RUN,
    run,
    ...argv,
  ];
  const palhm = (...args: readonly string[]) =>
    spawnSync('unshare', argvOf([process.execPath, PALHM, ...args]), { encoding: 'utf8' });
  const isFrozen = (): boolean => existsSync(join(directory, 'frozen'));
  const thaws = (): number =>
    existsSync(join(directory, 'log'))
      ? readFileSync(join(directory, 'log'), 'utf8').trimEnd().split('\n').length
      : 0;

  /** A palhm that has frozen, its watchdog, and what it has said. */
  async function freeze() {
    const child = spawn('unshare', argvOf([process.execPath, DOOMED, directory]), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'frozen') break;
      said.push(line);
    }
    assert.ok(isFrozen());
    const { pid = 0 } = child;
    const [watchdog = 0] = childrenOf(pid);
    assert.ok(watchdog > 0);
    return { child, pid, watchdog, said };
  }

  /** palhm and its watchdog die at once. */
  async function killBoth(): Promise<void> {
    const { child, pid, watchdog } = await freeze();
    process.kill(pid, 'SIGSTOP');
    process.kill(watchdog, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(isFrozen());
  }

  test('by nobody is nothing', () => {
    const { status, stdout, stderr } = palhm('thaw');
    assert.deepEqual(
      { status, stdout, stderr },
      { status: 0, stdout: 'nothing is frozen\n', stderr: '' },
    );
  });
  test('by nobody is not told with -q, as at the end of every service', () => {
    const { status, stdout, stderr } = palhm('-q', 'thaw');
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });
  test('by a palhm that is alive is left alone', async () => {
    const { pid } = await freeze();
    const { status, stdout } = palhm('thaw');
    assert.equal(status, 0);
    assert.match(
      stdout,
      new RegExp(
        `^left alone: group "${directory}" of task "doomed", .* process ${pid}, which is alive\n$`,
      ),
    );
    assert.ok(isFrozen());
    const [note = '', ...more] = readdirSync(run);
    assert.deepEqual(more, []);
    assert.equal(statSync(join(run, note)).mode & 0o777, 0o600);
  });
  test('by one that was killed with its watchdog is thawed, once', async () => {
    await killBoth();
    const { status, stdout, stderr } = palhm('thaw');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^thawed: group .*\n$/);
    assert.match(stderr, /a run that died left behind: the freeze of group/);
    assert.equal(isFrozen(), false);
    assert.equal(palhm('thaw').stdout, 'nothing is frozen\n');
    assert.equal(thaws(), 1);
    assert.deepEqual(readdirSync(run), []);
  });
  test('is thawed by who freezes the same, before', async () => {
    await killBoth();
    const { said } = await freeze();
    assert.match(said.join('\n'), /^left: the freeze of group/);
    assert.equal(thaws(), 1);
  });
  test('is thawed at the start of a run, whatever that does', async () => {
    await killBoth();
    const task = { id: 't', type: 'routine', routine: [{ type: 'exec-inline', argv: ['true'] }] };
    const config = join(
      makeTree({ 'palhm.jsonc': JSON.stringify({ tasks: [task] }) }),
      'palhm.jsonc',
    );
    const { status, stderr } = palhm('-f', config, 'run', 't');
    assert.equal(status, 0, stderr);
    assert.equal(isFrozen(), false);
  });
  test('is thawed by the watchdog of one that was killed, and is waited for', async () => {
    const { child, watchdog } = await freeze();
    process.kill(watchdog, 'SIGSTOP');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const thawing = spawn('unshare', argvOf([process.execPath, PALHM, 'thaw']), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(thawing);
    const [note = ''] = readdirSync(run);
    const waiting = new RegExp(`^\\d+: -> FLOCK .*:${statSync(join(run, note)).ino} `, 'm');
    while (!waiting.test(readFileSync('/proc/locks', 'utf8'))) await turn();
    assert.ok(isFrozen());
    process.kill(watchdog, 'SIGCONT');
    const [stdout] = await once(thawing.stdout.setEncoding('utf8'), 'data');
    assert.match(String(stdout), /^thawed: group/);
    assert.equal(isFrozen(), false);
    assert.equal(thaws(), 1);
    assert.deepEqual(readdirSync(run), []);
  });
  test('and cannot be thawed is said, and tried again', async () => {
    await killBoth();
    writeFileSync(join(directory, 'refused'), '');
    const { status, stdout, stderr } = palhm('thaw');
    assert.equal(status, 1);
    assert.match(stdout, /^NOT thawed: group/);
    assert.match(
      stderr,
      /THAW_FAILED[^]*thaw 1 of 1 ended with 2[^]*then remove \/run\/palhm\/palhm-0-freeze-\w+\.json/,
    );
    spawnSync('rm', [join(directory, 'refused')]);
    assert.match(palhm('thaw').stdout, /^thawed: group/);
    assert.equal(isFrozen(), false);
  });
  test('by nobody any more has no note, also where one was left empty', () => {
    writeFileSync(join(run, 'palhm-0-freeze-x.json'), '', { mode: 0o600 });
    assert.equal(palhm('thaw').stdout, 'nothing is frozen\n');
    assert.deepEqual(readdirSync(run), []);
  });
  test('without room for a note is told, and frozen all the same', () => {
    const config = join(makeTree({ 'palhm.jsonc': JSON.stringify(FREEZING) }), 'palhm.jsonc');
    const full =
      'unset PALHM_RUNTIME_DIRECTORY; mount -t tmpfs -o size=16k,mode=700 none /run/palhm; dd if=/dev/zero of=/run/palhm/fill bs=4k 2>/dev/null || true; exec "$@"';
    const argv = [process.execPath, PALHM, '-f', config, 'run', 't'];
    const { status, stderr } = spawnSync('unshare', argvOf(['sh', '-ec', full, 'sh', ...argv]), {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /what is frozen for group "g" is not noted[^]*: ENOSPC/);
    assert.match(stderr, /group "g" was frozen/);
    assert.doesNotMatch(stderr, /defect/);
  });
  test('with a note that is cut short was not frozen', () => {
    writeFileSync(join(run, 'palhm-0-freeze-x.json'), '{"palhm":"1.2","wh', { mode: 0o600 });
    assert.equal(palhm('thaw').stdout, 'nothing is frozen\n');
  });
});

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

function killWith(pid: number): void {
  for (const child of childrenOf(pid)) process.kill(child, 'SIGKILL');
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
