/** Targets that are full, on another file system, or another user's: what only root can set up. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, type TestContext, test } from 'node:test';
import { mountPerTest, tmpfsOf } from '../../rig/mounts.js';
import { assertFailed, makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';
import { callAsNobody, NOBODY } from '../../rig/rights.js';

let site: RestoreSite;
const mountFor = mountPerTest();
beforeEach(() => {
  site = makeRestoreSite();
});
afterEach(() => {
  site.remove();
});

/** False, and the test skipped, when nothing can be mounted here. */
const mountSmall = (context: TestContext, at: string): boolean =>
  mountFor(context, tmpfsOf('size=4m'), at);

const zipped = (path: string, script: string) => ({
  path,
  stages: [script, 'gzip -n'],
  inverses: [null, 'gzip -d'],
});

suite('a target', () => {
  test('that fills up: nothing is left in it, and the cause is said', async (context) => {
    if (!mountSmall(context, site.target)) return;
    await site.backup({
      objects: [zipped('large.gz', 'head -c 20M /dev/zero'), { path: 'a', stages: ['echo a'] }],
    });
    const ended = await site.restore('--to', site.target);
    assertFailed(ended, 1, /TARGET_FULL/, /is full/, /No space left|nothing was put/);
    assert.deepEqual(readdirSync(site.target), []);
  });
  test('that fills up while a tar file is unpacked', async (context) => {
    if (!mountSmall(context, site.target)) return;
    const large = join(site.directory, 'large');
    writeFileSync(large, '');
    truncateSync(large, 20 * 2 ** 20);
    await site.backup({
      objects: [zipped('large.tar.gz', `tar -c -C ${site.directory} large`)],
    });
    const ended = await site.restore('--to', site.target, '--extract');
    assertFailed(ended, 1, /TARGET_FULL/);
    assert.deepEqual(readdirSync(site.target), []);
  });
  test('with another file system in it: no move can go there, and that is said before', async (context) => {
    if (!mountSmall(context, join(site.target, 'db'))) return;
    await site.backup({ objects: [zipped('db/a.gz', 'echo a')] });
    const ended = await site.restore('--to', site.target);
    assertFailed(ended, 1, /TARGET_UNUSABLE/, /target\/db is on another file system/);
    assert.deepEqual(readdirSync(join(site.target, 'db')), []);
  });
});

suite('somebody who is not root', () => {
  /** As nobody, who may not leave directories that cannot be written to. */
  const asNobody = (...args: readonly string[]) =>
    callAsNobody(['restore', ...args], { ...process.env, HOME: '/' });
  async function prepare(context: TestContext, script: string): Promise<string | undefined> {
    if (process.getuid?.() !== 0) {
      context.skip('needs root');
      return undefined;
    }
    const tree = join(site.directory, 'tree');
    mkdirSync(join(tree, 'locked/inner'), { recursive: true });
    writeFileSync(join(tree, 'locked/inner/file'), 'x'.repeat(600));
    for (const name of ['locked/inner', 'locked', '.']) chmodSync(join(tree, name), 0o555);
    const copy = await site.backup({ objects: [zipped('t.tar.gz', script.replace('TREE', tree))] });
    mkdirSync(site.target);
    chownSync(site.target, NOBODY, NOBODY);
    execFileSync('chmod', ['-R', 'o+rX', site.directory]);
    return copy;
  }
  const to = (copy: string): readonly string[] => {
    return ['--from', copy, '--to', site.target, '--extract', '--yes'];
  };

  test('owns what is unpacked', async (context) => {
    const copy = await prepare(context, 'tar -c -C TREE .');
    if (copy === undefined) return;
    const { code, stderr } = asNobody(...to(copy));
    assert.equal(code, 0, stderr);
    assert.equal(statSync(join(site.target, 't/locked')).uid, NOBODY);
  });
  test('is rid of a tree that failed, directories without permissions included', async (context) => {
    // As many blocks as it takes to get into the directories, and then an end in the middle of one.
    const copy = await prepare(context, 'tar -c -C TREE . | head -c 2400');
    if (copy === undefined) return;
    const { code, stderr } = asNobody(...to(copy));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /STAGE_FAILED/);
    assert.deepEqual(readdirSync(site.target), []);
  });
});
