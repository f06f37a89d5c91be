/** `restore --force` over what has something mounted in it: a mount is never moved away, and its files are never removed. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { publish } from '../../../src/run/restore/publish.js';
import { openStaging } from '../../../src/run/restore/staging.js';
import { openTarget } from '../../../src/run/restore/target.js';
import { TMPFS, whileMounted } from '../../rig/mounts.js';
import {
  assertFailed,
  filesBelow,
  makeRestoreSite,
  type RestoreSite,
} from '../../rig/restore-site.js';

let site: RestoreSite;
let tree: string;
let live: string;
beforeEach(() => {
  site = makeRestoreSite();
  tree = join(site.target, 'tree');
  live = join(site.directory, 'live');
  for (const directory of [join(tree, 'a/b c'), live, join(site.directory, 'new')])
    mkdirSync(directory, { recursive: true });
  writeFileSync(join(site.directory, 'new/file'), 'new');
  writeFileSync(join(live, 'precious'), 'precious');
  writeFileSync(join(tree, 'old'), 'old');
});
afterEach(() => site.remove());

const backUpTree = () =>
  site.backup({ objects: [{ path: 'tree.tar', stages: [`tar -c -C ${site.directory}/new .`] }] });
const replace = () => site.restore('--to', site.target, '--extract', '--force');

suite('restore --extract --force', () => {
  test('leaves a tree alone that has a bind mount deep in it, and names the mount point', async (context) => {
    await backUpTree();
    const at = join(tree, 'a/b c');
    await whileMounted(context, [['--bind', live], at], async () => {
      const ended = await replace();
      assertFailed(ended, 1, /TARGET_UNUSABLE/, /something is mounted in .*tree, which was left/);
      assert.ok(ended.stderr.includes(`left alone: ${at}  `), ended.stderr);
      assert.ok(ended.stderr.includes(`umount '${at}'`), ended.stderr);
      assert.doesNotMatch(ended.stderr, /restoring/);
      const there = { 'tree/a/b c/precious': 'precious', 'tree/old': 'old' };
      assert.deepEqual(filesBelow(site.target), there);
      assert.deepEqual(readdirSync(site.target), ['tree']);
    });
  });
  test('leaves a tree alone that something is mounted in by another path', async (context) => {
    await backUpTree();
    const other = join(site.directory, 'other');
    mkdirSync(other);
    await whileMounted(context, [['--bind', '--make-private', site.target], other], async () => {
      const at = join(other, 'tree/a/b c');
      await whileMounted(context, [['--bind', live], at], async () => {
        assertFailed(
          await replace(),
          1,
          /TARGET_UNUSABLE/,
          /something is mounted in .*tree, which was left/,
        );
        assert.equal(readFileSync(join(at, 'precious'), 'utf8'), 'precious');
      });
    });
  });
  test('leaves a file alone that something is mounted on, and a tree that is a mount point', async (context) => {
    await backUpTree();
    for (const at of [join(tree, 'old'), tree]) {
      const source = at === tree ? live : join(live, 'precious');
      await whileMounted(context, [['--bind', source], at], async () => {
        assertFailed(await replace(), 1, /TARGET_UNUSABLE/, /something is mounted in/);
        assert.equal(readFileSync(join(live, 'precious'), 'utf8'), 'precious');
      });
    }
  });
  test('replaces the tree when the target itself is a mount point', async (context) => {
    await backUpTree();
    await whileMounted(context, [TMPFS, site.target], async () => {
      mkdirSync(tree);
      writeFileSync(join(tree, 'old'), 'old');
      const { code, stderr } = await replace();
      assert.equal(code, 0, stderr);
      assert.deepEqual(filesBelow(site.target), { 'tree/file': 'new' });
    });
  });
  test('does not go below a bind mount of the same file system, where nothing can be moved to', async (context) => {
    await site.backup({ objects: [{ path: 'tree/a/x', stages: ['echo x'] }] });
    await whileMounted(context, [['--bind', live], join(tree, 'a')], async () => {
      const ended = await site.restore('--to', site.target);
      assertFailed(
        ended,
        1,
        /TARGET_UNUSABLE/,
        /tree\/a is on another file system than .*, or mou/,
      );
      assert.doesNotMatch(ended.stderr, /restoring/);
    });
  });
});

suite('the last look, right before the rename', () => {
  test('finds what was mounted during the restore, and puts everything back', async (context) => {
    const target = await openTarget(site.target);
    const staging = await openStaging(target, '12345678-1234-1234-1234-123456789abc');
    mkdirSync(staging.place('0'));
    const goals = [{ kind: 'tree', path: 'tree', staged: '0' }] as const;
    await whileMounted(context, [['--bind', live], join(tree, 'a')], async () => {
      const publishing = publish({ target, staging, force: true }, goals);
      await assert.rejects(publishing, /something is mounted in .*tree/);
      assert.equal(readFileSync(join(tree, 'a/precious'), 'utf8'), 'precious');
    });
    await staging.remove();
    await target.handle.close();
  });
  test('does not empty the staging directory while something is mounted in it', async (context) => {
    const target = await openTarget(site.target);
    const staging = await openStaging(target, '12345678-1234-1234-1234-123456789abc');
    mkdirSync(join(staging.path, '0/sub'), { recursive: true });
    await whileMounted(context, [['--bind', live], join(staging.path, '0/sub')], async () => {
      await assert.rejects(staging.remove(), /something is mounted in .*0, which was left alone/);
      assert.equal(readFileSync(join(live, 'precious'), 'utf8'), 'precious');
    });
    await target.handle.close();
  });
});
