/** A config that others may change is refused when root runs palhm, and warned of when another user does. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findExposures } from '../../../src/config/read/exposure.js';
import { callPalhm, PALHM } from '../../rig/palhm.js';
import { callAsNobody, isRoot, NOBODY, unlessRoot } from '../../rig/rights.js';
import { makeTree } from '../../rig/scratch.js';

const OTHER = 12_345;
const EXEC = { type: 'exec-inline', argv: ['true'] };
const TASK = { id: 'a', type: 'routine', routine: [EXEC] };
const CONFIG = JSON.stringify({ include: ['conf.d/*.jsonc'], tasks: [TASK] });

let root: string;
let config: string;
let umask: number;
beforeEach(() => {
  umask = process.umask(0o022);
  root = makeTree({ 'etc/palhm.jsonc': CONFIG, 'etc/conf.d/10.jsonc': '{}' });
  config = join(root, 'etc/palhm.jsonc');
});
afterEach(() => process.umask(umask));

const check = (file: string) => callPalhm(['-f', file, 'config', 'check']);

suite('as root', { skip: unlessRoot }, () => {
  test('a config that nobody else may write is taken, also below /tmp', async () => {
    const { code, stderr } = await check(config);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /warning/);
  });

  const cases: readonly (readonly [string, string, (at: string) => void, string])[] = [
    ['a file of its group', 'etc/palhm.jsonc', (at) => chmodSync(at, 0o664), 'its mode is 664'],
    ['a file of all', 'etc/palhm.jsonc', (at) => chmodSync(at, 0o646), 'its mode is 646'],
    ['another’s file', 'etc/palhm.jsonc', (at) => chownSync(at, OTHER, 0), 'the user 12345'],
    ['its directory', 'etc', (at) => chmodSync(at, 0o775), 'its mode is 775'],
    ['another’s directory', 'etc', (at) => chownSync(at, OTHER, 0), 'belongs to the user 12345'],
    ['a directory above', '.', (at) => chmodSync(at, 0o757), 'its mode is 757'],
    [
      'another’s sticky one',
      'etc',
      (at) => {
        chownSync(at, OTHER, 0);
        chmodSync(at, 0o1755);
      },
      'belongs to the user 12345',
    ],
    ['an included file', 'etc/conf.d/10.jsonc', (at) => chmodSync(at, 0o666), 'mode is 666'],
    ['the directory of includes', 'etc/conf.d', (at) => chmodSync(at, 0o777), 'mode is 777'],
  ];
  for (const [what, path, expose, why] of cases) {
    test(`refuses: ${what}`, async () => {
      const at = join(root, path);
      expose(at);
      const { code, stderr } = await check(config);
      assert.equal(code, 78, stderr);
      assert.equal(stderr.split('CONFIG_WRITABLE').length, 2, stderr);
      assert.ok(stderr.includes(why), stderr);
      assert.match(stderr, why.includes('mode') ? /Run chmod go-w / : /Run chown root /);
      assert.ok(stderr.includes(at), stderr);
    });
  }

  test('tells of a directory once, and of everything in one go', async () => {
    writeFileSync(join(root, 'etc/conf.d/20.jsonc'), '{}');
    chmodSync(join(root, 'etc/conf.d'), 0o777);
    chmodSync(join(root, 'etc/conf.d/20.jsonc'), 0o666);
    const { stderr } = await check(config);
    assert.match(stderr, /2 problems/);
  });
  test('does not read what it refuses', async () => {
    writeFileSync(join(root, 'etc/conf.d/10.jsonc'), 'not JSON');
    chmodSync(join(root, 'etc/conf.d/10.jsonc'), 0o666);
    assert.doesNotMatch((await check(config)).stderr, /CONFIG_SYNTAX|not JSON/);
  });
  test('looks where a link lies and where it leads', async () => {
    const open = join(root, 'open');
    mkdirSync(open);
    const [inOpen, toOpen] = [join(open, 'link.jsonc'), join(root, 'etc/link.jsonc')];
    symlinkSync(config, inOpen);
    linkSync(config, join(open, 'file.jsonc'));
    symlinkSync('../open/../open/file.jsonc', toOpen);
    assert.deepEqual(await findExposures(inOpen, 0), []);
    assert.deepEqual(await findExposures(toOpen, 0), []);
    chmodSync(open, 0o777);
    for (const link of [inOpen, toOpen])
      assert.ok(
        (await findExposures(link, 0)).every(({ path }) => path === open),
        link,
      );
    assert.equal((await findExposures(inOpen, 0)).length, 1);
    // With the sticky bit others cannot replace it, but the link may be one of theirs.
    chmodSync(open, 0o1777);
    assert.deepEqual(await findExposures(inOpen, 0), []);
    lchownSync(inOpen, OTHER, 0);
    const [theirs] = await findExposures(inOpen, 0);
    assert.deepEqual(theirs, {
      path: inOpen,
      why: 'it belongs to the user 12345',
      remedy: `Run chown -h root ${inOpen}`,
    });
  });
  test('the files that ship with palhm are palhm as is the way to them, unless more users can write there: a clone of another user works', () => {
    const clone = join(root, 'clone');
    const source = fileURLToPath(new URL('../../../../', import.meta.url));
    for (const part of ['bin', 'dist/src', 'conf.d', 'package.json'])
      cpSync(join(source, part), join(clone, part), { recursive: true });
    symlinkSync(join(source, 'node_modules'), join(clone, 'node_modules'));
    chmodSync(join(clone, 'conf.d/core.json'), 0o664);
    chmodSync(join(clone, 'bin/palhm.js'), 0o775);
    cpSync(config, join(clone, 'my.jsonc'));
    cpSync(config, join(clone, 'conf.d/my.jsonc'));
    spawnSync('chown', ['-R', `${OTHER}`, clone]);
    writeFileSync(
      config,
      JSON.stringify({ include: [join(clone, 'conf.d/core.json')], tasks: [TASK] }),
    );
    const argv = [join(clone, 'bin/palhm.js'), '-f', config, 'config', 'check'];
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.equal(stderr, 'config ok: 2 files, 1 task\n');
    chmodSync(join(clone, 'conf.d/my.jsonc'), 0o666);
    for (const own of ['my.jsonc', 'conf.d/my.jsonc']) {
      const [program = '', ...rest] = argv;
      const ofOwn = [program, ...rest.with(1, join(clone, own))];
      const refused = spawnSync(process.execPath, ofOwn, { encoding: 'utf8' });
      assert.equal(refused.status, 78, refused.stderr);
      assert.match(refused.stderr, /CONFIG_WRITABLE/);
    }
    const open = [() => chmodSync(clone, 0o777), () => chownSync(clone, NOBODY, NOBODY)];
    for (const openWay of open) {
      openWay();
      const refused = spawnSync(process.execPath, argv, { encoding: 'utf8' });
      assert.equal(refused.status, 78, refused.stderr);
      chmodSync(clone, 0o755);
    }
  });
  test('looks where the names in /proc lead', async () => {
    chmodSync(config, 0o666);
    const other = spawn('sleep', ['60'], { cwd: root, stdio: ['pipe', openSync(config, 'r')] });
    const own = openSync(config, 'r');
    const removed = join(root, 'removed.jsonc');
    symlinkSync(`/proc/self/root${root}`, join(root, 'link'));
    cpSync(config, removed);
    const deleted = openSync(removed, 'r');
    rmSync(removed);
    try {
      for (const path of [
        `/proc/self/root${config}`,
        join(root, 'link/etc/palhm.jsonc'),
        `/proc/${other.pid}/cwd/etc/palhm.jsonc`,
        `/proc/${other.pid}/fd/1`,
        `/dev/fd/${own}`,
        `/proc/self/fd/${own}`,
        `/proc/${process.pid}/fd/${deleted}`,
      ])
        assert.deepEqual(
          (await findExposures(path, 0)).map(({ why }) => why),
          ['its mode is 666'],
          path,
        );
      const [pipe] = await findExposures(`/proc/${other.pid}/fd/0`, 0);
      assert.equal(pipe?.why, 'palhm cannot see where it leads');
      for (const name of ['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']) {
        const argv = [PALHM, '-f', name, 'config', 'check'];
        const { status, stderr } = spawnSync(process.execPath, argv, {
          encoding: 'utf8',
          stdio: [own, 'ignore', 'pipe'],
        });
        assert.equal(status, 78, stderr);
        assert.match(stderr, /CONFIG_WRITABLE/);
      }
    } finally {
      other.kill();
      closeSync(own);
      closeSync(deleted);
    }
  });
  test('a device is no config, and keeps its mode', async () => {
    writeFileSync(config, JSON.stringify({ include: ['/dev/null'], tasks: [TASK] }));
    for (const file of ['/dev/null', config]) {
      const { code, stderr } = await check(file);
      assert.equal(code, 78, stderr);
      assert.match(stderr, /"\/dev\/null" cannot be read: it is a device, which is no config/);
      assert.doesNotMatch(stderr, /chmod/);
    }
  });
  test('as another user it is a warning, in every command', () => {
    chmodSync(root, 0o755);
    chmodSync(config, 0o666);
    for (const command of [
      ['config', 'check'],
      ['run', 'a'],
    ]) {
      const { code, stderr } = callAsNobody(['-f', config, ...command]);
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^warning: The config file .* can be changed by others: its mode is 666/,
      );
      assert.equal(stderr.split('warning:').length, 2, stderr);
    }
  });
});

test('a user believes root and himself, and nobody else', async (context) => {
  if (!isRoot) return context.skip('needs root');
  chownSync(config, OTHER, OTHER);
  assert.deepEqual(await findExposures(config, OTHER), []);
  const [exposure] = await findExposures(config, NOBODY);
  assert.equal(exposure?.remedy, `Run chown ${NOBODY} ${config}`);
});

test('what is handed over as a descriptor is not looked at', async () => {
  assert.deepEqual(await findExposures('/dev/stdin', NOBODY), []);
  assert.deepEqual(await findExposures('/dev/fd/0', NOBODY), []);
});
