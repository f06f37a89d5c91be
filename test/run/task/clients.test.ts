/** Runs the backups of clients, of which one is wrong, one fails, one is absent, and others are well. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, suite, test } from 'node:test';
import { callPalhm, type Ended } from '../../rig/palhm.js';
import { makeTree } from '../../rig/scratch.js';

/** In the place of ssh: it says where it runs, and that it ran. */
const GUEST = [
  'sh',
  '-c',
  'echo "$0 $*" >> LOG; shift; case "$1" in fail) exit 7;; esac; echo "$@"',
];

function host(root: string): object {
  const guest = GUEST.map((one) => one.replace('LOG', join(root, 'log')));
  return {
    execs: [
      { id: 'in-guest', argv: [...guest, { run: 'task' }, '--'] },
      { id: 'guest-sync', argv: [...guest, { run: 'task' }, '--', 'sync'] },
    ],
    clients: {
      directory: 'clients.d',
      task: { backend: 'localfs', 'backend-param': { root: 'copies' } },
      group: { before: [{ type: 'exec', 'exec-id': 'guest-sync' }] },
      allow: { append: ['in-guest'] },
    },
    tasks: [
      { id: 'default', type: 'routine', 'keep-going': true, routine: [{ type: 'clients' }] },
      {
        id: 'strict',
        type: 'routine',
        routine: ['own', 'default', 'never'].map((id) => ({ type: 'task', 'task-id': id })),
      },
      { id: 'never', type: 'routine', routine: [{ type: 'exec-inline', argv: ['false'] }] },
      {
        id: 'own',
        type: 'backup',
        backend: 'localfs',
        'backend-param': { root: 'own' },
        objects: [{ path: 'o', pipeline: [{ type: 'exec-inline', argv: ['echo', 'x'] }] }],
      },
    ],
  };
}

function client(...argv: string[]): string {
  const stage = { type: 'exec-append', 'exec-id': 'in-guest', argv };
  return JSON.stringify({ objects: [{ path: 'o', pipeline: [stage] }] });
}

let root: string;
beforeEach(() => {
  root = makeTree({
    'clients.d/a-wrong.jsonc':
      '{ "objects": [{ "path": "o", "pipeline": [{ "type": "exec-inline", "argv": ["sh"] }] }] }',
    'clients.d/b-fails.jsonc': client('fail'),
    'clients.d/c-gone.jsonc': '{ "absent": true }',
    'clients.d/d-good.jsonc': client('d'),
    'clients.d/e-broken.jsonc': '{',
    'clients.d/f-good.jsonc': client('f'),
  });
  writeFileSync(join(root, 'palhm.jsonc'), JSON.stringify(host(root)));
});

const palhm = (...args: string[]): Promise<Ended> =>
  callPalhm(['-f', join(root, 'palhm.jsonc'), ...args]);

function copiesOf(place: string): readonly string[] {
  const directory = join(root, place);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => !name.startsWith('.')).map((name) => join(directory, name));
}

suite('the step "clients" of a routine that keeps going', () => {
  test('runs them all, says of each how it went, and ends with the worst', async () => {
    const { code, stderr } = await palhm('run');
    assert.equal(code, 78, stderr);
    const copies = ['a-wrong', 'b-fails', 'c-gone', 'd-good', 'e-broken', 'f-good'].map(
      (name) => copiesOf(`copies/${name}`).length,
    );
    assert.deepEqual(copies, [0, 0, 0, 1, 0, 1]);
    const [copy = ''] = copiesOf('copies/f-good');
    assert.equal(readFileSync(join(copy, 'o'), 'utf8'), 'f\n');
    const log = readFileSync(join(root, 'log'), 'utf8').split('\n');
    assert.deepEqual(log, [
      'b-fails -- sync',
      'b-fails -- fail',
      'd-good -- sync',
      'd-good -- d',
      'f-good -- sync',
      'f-good -- f',
      '',
    ]);
    for (const told of [
      /CONFIG_NOT_ALLOWED .*clients\.d\/a-wrong\.jsonc:1:\d+/,
      /Task "a-wrong" was not run\./,
      /CONFIG_SYNTAX .*clients\.d\/e-broken\.jsonc:1:1/,
      /exited with status 7/,
      /included by .*palhm\.jsonc:1:\d+/,
    ])
      assert.match(stderr, told);
    assert.equal((await palhm('list', 'd-good')).code, 0);
  });
  test('keeps no step before it from running, though the outer routine does not keep going', async () => {
    const { code, stderr } = await palhm('run', 'strict');
    assert.equal(code, 78, stderr);
    assert.equal(copiesOf('own').length, 1);
    for (const name of ['d-good', 'f-good']) assert.equal(copiesOf(`copies/${name}`).length, 1);
    assert.doesNotMatch(stderr, /never|Nothing was run/);
  });
});

suite('a client whose config is wrong', () => {
  test('costs the host nothing of its own backup', async () => {
    const { code, stderr } = await palhm('run', 'own');
    assert.equal(code, 0, stderr);
    assert.equal(copiesOf('own').length, 1);
  });
  test('is found by a check, and by its own run', async () => {
    for (const args of [
      ['config', 'check'],
      ['run', 'a-wrong'],
    ]) {
      const { code, stderr } = await palhm(...args);
      assert.equal(code, 78);
      assert.match(stderr, /CONFIG_NOT_ALLOWED/);
    }
  });
  test('loses no copy: they are listed, restored and looked after', async () => {
    assert.equal((await palhm('run', 'd-good')).code, 0);
    writeFileSync(join(root, 'clients.d/d-good.jsonc'), '{');
    const { stdout } = await palhm('list', 'd-good');
    assert.match(stdout, /^\d{4}-/m);
    const { code } = await palhm('restore', 'd-good', '--to', join(root, 'back'));
    assert.equal(code, 0);
    assert.equal(readFileSync(join(root, 'back/o'), 'utf8'), 'd\n');
    assert.match((await palhm('status')).stdout, /d-good/);
  });
});

suite('a client that is absent', () => {
  test('is skipped, said, and not waited for', async () => {
    const { code, stderr } = await palhm('run', 'c-gone');
    assert.equal(code, 0);
    assert.match(stderr, /absent/);
    const { stdout } = await palhm('status');
    assert.doesNotMatch(stdout, /c-gone/);
    assert.match(stdout, /d-good/);
  });
});
