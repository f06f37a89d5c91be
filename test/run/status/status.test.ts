/** The real program: every state of a backup, side by side. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { callPalhm } from '../../rig/palhm.js';
import { callAsNobody, unlessRoot } from '../../rig/rights.js';
import { makeScratch } from '../../rig/scratch.js';
import { flipByte } from '../../rig/verify-site.js';

const TASKS = ['fresh', 'stale', 'missing', 'damaged', 'unreachable'];

describe('status', () => {
  const directory = makeScratch();
  const config = join(directory, 'palhm.jsonc');
  const rootOf = (id: string): string => join(directory, id);
  const palhm = (...args: string[]) => callPalhm(['-f', config, ...args]);
  const stored = ['fresh', 'stale', 'damaged'];

  before(async () => {
    const objects = [{ path: 'a', pipeline: [{ type: 'exec-inline', argv: ['seq', '100'] }] }];
    const backups = TASKS.map((id) => ({
      id,
      type: 'backup',
      backend: 'localfs',
      'max-age': id === 'stale' ? '1ms' : '26h',
      'backend-param': { root: rootOf(id) },
      objects,
    }));
    const tasks = [
      ...backups,
      { id: 'nowhere', type: 'backup', backend: 'null', objects },
      { id: 'nightly', type: 'routine', routine: [{ type: 'task', 'task-id': 'fresh' }] },
    ];
    writeFileSync(config, JSON.stringify({ tasks }));
    for (const id of stored) {
      const { code, stderr } = await palhm('run', id);
      assert.equal(code, 0, stderr);
    }
    flipByte(join(rootOf('damaged'), await prefixOf('damaged'), 'a'));
    assert.equal((await palhm('verify', 'damaged')).code, 4);
    writeFileSync(rootOf('unreachable'), 'a file where the root should be');
  });

  async function prefixOf(id: string): Promise<string> {
    const { stdout } = await palhm('list', id, '--json');
    return JSON.parse(stdout).copies[0].prefix;
  }

  it('tells them apart, routines and what stores nothing left out', async () => {
    const { code, stdout, stderr } = await palhm('status', '--json');
    assert.equal(code, 4);
    const { tasks } = JSON.parse(stdout);
    assert.deepEqual(
      tasks.map(({ task, state }: { task: string; state: string }) => [task, state]),
      TASKS.map((id) => [id, id]),
    );
    const [fresh, , missing] = tasks;
    const { prefix, size, finished } = fresh.last;
    assert.deepEqual([prefix, size], [await prefixOf('fresh'), 292]);
    assert.equal(new Date(finished).toISOString(), finished);
    assert.ok(Number.isInteger(fresh.age_seconds) && fresh.age_seconds < 600);
    assert.equal(fresh.max_age_seconds, 93_600);
    assert.deepEqual([missing.last, missing.age_seconds], [null, null]);
    assert.match(stderr, /NOT_FRESH/);
    for (const id of TASKS.slice(1)) assert.match(stderr, new RegExp(`"${id}" is ${id}: `));
  });

  it('is a table for people', async () => {
    const { stdout } = await palhm('status');
    assert.match(stdout, /^task +state +age +max age +size +trend +verified\n/);
    assert.match(stdout, /^damaged +damaged +.* 1 d 2 h +292 B +damaged, \S+ s ago$/m);
    assert.match(stdout, /^unreachable: .*unreachable/m);
  });

  it('says of each what to do next', async () => {
    const { stderr } = await palhm('status');
    for (const [id, next] of [
      [
        'stale',
        'see whether it ran.*: journalctl -u palhm@stale; or run it by hand: palhm run stale',
      ],
      ['missing', '.*journalctl -u palhm@missing; .*palhm run missing'],
      ['damaged', 'see whether another copy is whole \\(palhm verify damaged --copy all\\)'],
      ['unreachable', 'mend what keeps it from being read'],
    ] as const)
      assert.match(stderr, new RegExp(`^  "${id}" is .*\n    next: ${next}`, 'm'));
    assert.doesNotMatch(stderr, /palhm@(?:damaged|unreachable)|^  next: /m);
  });

  it('cannot know what somebody else may not read', { skip: unlessRoot }, () => {
    const root = rootOf('fresh');
    for (const path of [directory, root]) chmodSync(path, 0o755);
    const { code, stdout } = callAsNobody(['-f', config, 'status', 'fresh', '--json']);
    const [{ state, notes }] = JSON.parse(stdout).tasks;
    assert.deepEqual([code, state], [4, 'unreachable']);
    assert.match(notes.join(), /cannot be read: .*EACCES/);
  });

  it('looks at one', async () => {
    const { code, stdout } = await palhm('status', 'fresh', '--json');
    assert.deepEqual([code, JSON.parse(stdout).tasks.length], [0, 1]);
    assert.equal((await palhm('status', 'stale')).code, 4);
    for (const id of ['nightly', 'nowhere', 'unknown']) {
      assert.equal((await palhm('status', id)).code, 2, id);
    }
  });

  it('says that the newest manifest is damaged', async () => {
    const manifest = join(rootOf('fresh'), await prefixOf('fresh'), '.palhm-manifest.json');
    renameSync(manifest, `${manifest}.kept`);
    writeFileSync(manifest, '{}');
    const { code, stdout } = await palhm('status', 'fresh', '--json');
    renameSync(`${manifest}.kept`, manifest);
    assert.deepEqual([code, JSON.parse(stdout).tasks[0].state], [4, 'damaged']);
  });

  const root = { skip: process.getuid?.() === 0 ? false : 'mounting needs root' };
  it('shows the others when a store hangs, and ends', root, async (t) => {
    const hung = rootOf('missing');
    mkdirSync(hung);
    const silence = mountSilence(hung);
    if (silence === undefined) return t.skip('this kernel mounts no FUSE');
    try {
      const startedAt = performance.now();
      const { code, stdout } = await palhm('status', '--json', '--timeout', '10s');
      assert.ok(performance.now() - startedAt < 60_000);
      const states = JSON.parse(stdout).tasks.map(({ state }: { state: string }) => state);
      assert.deepEqual(states, TASKS.with(TASKS.indexOf('missing'), 'unreachable'));
      assert.equal(code, 4);
    } finally {
      silence.end();
    }
  });
});

/** A file system whose every answer is waited for without end, like a dead NFS server: nobody reads what it is asked. */
function mountSilence(directory: string): { end(): void } | undefined {
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
  let device: number | undefined;
  try {
    device = openSync('/dev/fuse', 'r+');
    const args = ['-i', '-t', 'fuse', '-o', options, 'silence', directory];
    execFileSync('mount', args, { stdio: ['ignore', 'ignore', 'ignore', device] });
  } catch {
    if (device !== undefined) closeSync(device);
    return undefined;
  }
  const opened = device;
  return {
    end() {
      // Whoever still waits gets an error.
      closeSync(opened);
      execFileSync('umount', ['--lazy', directory]);
    },
  };
}
