/** `palhm restore --to --extract`: tar files become trees, and stay inside them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm } from '../../rig/palhm.js';
import {
  assertFailed,
  filesBelow,
  makeRestoreSite,
  type RestoreSite,
} from '../../rig/restore-site.js';
import { type Member, makeArchive } from './archive.js';

let site: RestoreSite;
let tree: string;
beforeEach(() => {
  site = makeRestoreSite();
  tree = join(site.directory, 'tree');
  mkdirSync(join(tree, 'sub'), { recursive: true });
  writeFileSync(join(tree, 'sub/file'), 'text');
});
afterEach(() => site.remove());

const tarred = (script: string, path = 'files/tree.tar.gz') => ({
  path,
  stages: [script, 'gzip -n'],
  inverses: [null, 'gzip -d'],
});
const extract = (...more: readonly string[]) =>
  site.restore('--to', site.target, '--extract', ...more);

suite('restore --extract', () => {
  test('unpacks what decodes to a tar file, and writes the rest', async () => {
    symlinkSync('sub/file', join(tree, 'link'));
    await site.backup({
      objects: [tarred(`tar -c -C ${tree} .`), { path: 'notes', stages: ['echo notes'] }],
    });
    const { code, stderr } = await extract();
    assert.equal(code, 0, stderr);
    assert.deepEqual(filesBelow(site.target), {
      'files/tree/link': '->',
      'files/tree/sub/file': 'text',
      notes: 'notes\n',
    });
    assert.equal(readlinkSync(join(site.target, 'files/tree/link')), 'sub/file');
  });
  test('gives everything the mode and, as root, the owner that it had', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root');
    execFileSync('chown', ['12345:54321', join(tree, 'sub/file')]);
    execFileSync('chmod', ['4701', join(tree, 'sub/file')]);
    execFileSync('chmod', ['0700', tree]);
    await site.backup({ objects: [tarred(`tar -c -C ${tree} .`)] });
    assert.equal((await extract()).code, 0);
    const { uid, gid, mode } = statSync(join(site.target, 'files/tree/sub/file'));
    assert.deepEqual([uid, gid, mode & 0o7777], [12345, 54321, 0o4701]);
    assert.equal(statSync(join(site.target, 'files/tree')).mode & 0o777, 0o700);
  });
  test('never merges with a tree that is there; --force replaces it', async () => {
    await site.backup({ objects: [tarred(`tar -c -C ${tree} .`)] });
    mkdirSync(join(site.target, 'files/tree'), { recursive: true });
    writeFileSync(join(site.target, 'files/tree/old'), 'old');
    assertFailed(await extract(), 1, /TARGET_EXISTS/);
    assert.deepEqual(filesBelow(site.target), { 'files/tree/old': 'old' });
    assert.equal((await extract('--force')).code, 0);
    assert.deepEqual(filesBelow(site.target), { 'files/tree/sub/file': 'text' });
    assert.deepEqual(readdirSync(site.target), ['files']);
  });
  test('puts an object whose path is in a tree there, for the owner of its directory', async () => {
    execFileSync('chmod', ['0755', tree]);
    const owner =
      process.getuid?.() === 0 ? [12345, 54321] : [process.getuid?.(), process.getgid?.()];
    if (process.getuid?.() === 0) execFileSync('chown', ['12345:54321', join(tree, 'sub')]);
    await site.backup({
      objects: [
        { path: 'files/tree/sub/label', stages: ['echo label'] },
        tarred(`tar -c -C ${tree} .`),
        { path: 'files/tree/new/label', stages: ['echo new'] },
      ],
    });
    const { code, stderr } = await extract();
    assert.equal(code, 0, stderr);
    const all = {
      'files/tree/new/label': 'new\n',
      'files/tree/sub/file': 'text',
      'files/tree/sub/label': 'label\n',
    };
    assert.deepEqual(filesBelow(site.target), all);
    const { uid, gid } = statSync(join(site.target, 'files/tree/sub/label'));
    assert.deepEqual([uid, gid], owner);
    assertFailed(await extract(), 1, /TARGET_EXISTS/);
    writeFileSync(join(site.target, 'files/tree/sub/label'), 'old');
    assert.equal((await extract('--force')).code, 0);
    assert.deepEqual(filesBelow(site.target), all);
    assert.deepEqual(readdirSync(site.target), ['files']);
  });
  for (const [what, prepare] of [
    ['what is unpacked is there already', () => writeFileSync(join(tree, 'sub/label'), 'old')],
    ['a link leads out of the tree', () => symlinkSync('/tmp', join(tree, 'sub/out'))],
  ] as const)
    test(`takes all back when an object goes into a tree, and ${what}`, async () => {
      prepare();
      const path = what.startsWith('a link') ? 'files/tree/sub/out/label' : 'files/tree/sub/label';
      await site.backup({
        objects: [{ path, stages: ['echo label'] }, tarred(`tar -c -C ${tree} .`)],
      });
      assertFailed(await extract(), 1, /TARGET_EXISTS|TARGET_UNUSABLE/);
      assert.equal(existsSync(site.target), false);
    });
  test('is not led astray by TAR_OPTIONS', async () => {
    await site.backup({ objects: [tarred(`tar -c -C ${tree} .`)] });
    const args = ['-f', site.config, 'restore', '--to', site.target, '--extract'];
    const env = { TAR_OPTIONS: `--transform=s,sub,elsewhere,` };
    assert.equal((await callPalhm(args, { env })).code, 0);
    assert.deepEqual(Object.keys(filesBelow(site.target)), ['files/tree/sub/file']);
  });
  test('a broken archive fails, and nothing is left', async () => {
    writeFileSync(join(tree, 'large'), 'x'.repeat(20_000));
    await site.backup({ objects: [tarred(`tar -c -C ${tree} large | head -c 9000`)] });
    assertFailed(await extract(), 1, /STAGE_FAILED/, /tar/);
    assert.equal(site.restored(), undefined);
  });
  test('a name that leaves nothing without ".tar" stays a file', async () => {
    for (const path of ['.tar.gz', '..tar.gz', '...tar.gz']) {
      await site.backup({ objects: [tarred(`tar -c -C ${tree} .`, path)] });
      assert.equal((await extract('--force')).code, 0);
    }
    const names = readdirSync(site.target).sort();
    assert.deepEqual(names, ['...tar', '..tar', '.tar']);
    for (const name of names) assert.ok(statSync(join(site.target, name)).isFile());
  });
});

suite('restore --extract stays in its tree', () => {
  const symbolic = (name: string, to: string): Member => ({ name, link: { kind: 'symbolic', to } });
  const hard = (name: string, to: string): Member => ({ name, link: { kind: 'hard', to } });
  const file = (name: string): Member => ({ name });
  const cases: readonly (readonly [string, (outside: string) => readonly Member[]])[] = [
    ['names with ..', () => [file('../../escaped')]],
    ['absolute names', (outside) => [file(`${outside}/escaped`)]],
    ['a link, and a file through it', (outside) => [symbolic('a', outside), file('a/escaped')]],
    [
      'a relative link, and a file through it',
      () => [symbolic('a', '../../..'), file('a/escaped')],
    ],
    ['a hard link to a file outside', (outside) => [hard('a', `${outside}/precious`), file('a')]],
    ['a hard link with ..', () => [hard('a', '../../../outside/precious'), file('a')]],
    [
      'links behind links',
      () => [symbolic('a', '..'), symbolic('b', 'a/..'), symbolic('c', 'b/..'), file('c/escaped')],
    ],
    [
      'a hard link to a link, and a file through it',
      (outside) => [symbolic('a', outside), hard('b', 'a'), file('b/escaped')],
    ],
  ];
  for (const [what, members] of cases) {
    test(what, async () => {
      const outside = join(site.directory, 'outside');
      mkdirSync(outside);
      writeFileSync(join(outside, 'precious'), 'precious');
      const archive = join(site.directory, 'archive');
      writeFileSync(archive, makeArchive(members(outside)));
      await site.backup({ objects: [tarred(`cat ${archive}`)] });
      const { code, stderr } = await extract();
      assert.ok(code === 0 || code === 1, stderr);
      assert.deepEqual(filesBelow(outside), { precious: 'precious' });
      for (const directory of [site.directory, join(site.directory, 'target')])
        assert.equal(existsSync(join(directory, 'escaped')), false);
      if (code === 1) assert.equal(site.restored(), undefined);
    });
  }
});
