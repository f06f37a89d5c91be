/** The free space of a root is looked at before a copy is begun. On a small tmpfs, which only root can mount. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm, type Ended } from '../rig/palhm.js';
import { unlessRoot } from '../rig/rights.js';
import { makeScratch } from '../rig/scratch.js';

const MIB = 1024 ** 2;

suite('a root with too little room', { skip: unlessRoot }, () => {
  let mount: string;
  let mark: string;
  beforeEach(() => {
    const directory = makeScratch();
    [mount, mark] = [join(directory, 'disk'), join(directory, 'mark')];
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'palhm-test', mount]);
  });
  afterEach(() => execFileSync('umount', [mount]));

  /** Runs a backup of an object of this size; the mark tells that a program of its group has run. */
  async function run(size: number, minFree?: string | number): Promise<Ended> {
    rmSync(mark, { force: true });
    const param = minFree === undefined ? {} : { 'min-free': minFree };
    const touch = { type: 'exec-inline', argv: ['touch', mark] };
    const read = { type: 'exec-inline', argv: ['head', '-c', String(size), '/dev/zero'] };
    const config = join(mount, '../palhm.jsonc');
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: join(mount, 'root'), ...param },
      'object-groups': [{ id: 'default', before: [touch] }],
      objects: [{ path: 'o', pipeline: [read] }],
    };
    writeFileSync(config, JSON.stringify({ tasks: [task] }));
    return await callPalhm(['-f', config, 'run', 'backup']);
  }
  const copies = (): number =>
    readdirSync(join(mount, 'root')).filter((name) => !name.startsWith('.')).length;

  test('for another copy like the newest: fails before anything is prepared, and says what to do', async () => {
    assert.equal((await run(5 * MIB)).code, 0);
    const { code, stderr } = await run(1);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /SINK_FULL/);
    assert.match(stderr, /3\.0 MiB are free in .*: the newest copy has 5\.0 MiB/);
    assert.match(stderr, /Set "min-free" when it will be smaller/);
    assert.equal(existsSync(mark), false, 'its group has begun');
    assert.equal(copies(), 1);
    assert.equal((await run(1, 0)).code, 0);
    assert.equal(copies(), 2);
  });
  test('as "min-free" has it: fails the first copy, too', async () => {
    const { code, stderr } = await run(1, '9 MiB');
    assert.equal(code, 1, stderr);
    assert.match(stderr, /8\.0 MiB are free in .*: "min-free" wants 9\.0 MiB/);
    assert.equal(existsSync(mark), false);
    assert.equal((await run(1, '7 MiB')).code, 0);
  });
  test('when "min-free" is less than it takes: fails as a full disk does, and keeps nothing', async () => {
    assert.equal((await run(5 * MIB)).code, 0);
    const { code, stderr } = await run(5 * MIB, '1 MiB');
    assert.equal(code, 1);
    assert.match(stderr, /SINK_FULL/);
    assert.equal(existsSync(mark), true);
    assert.equal(copies(), 1);
  });
});
