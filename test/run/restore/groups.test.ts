/** What is restored below a directory with the setgid bit gets its group, as if it had been made there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';
import {
  callAsNobody,
  GROUP,
  makeSetgid,
  NOBODY,
  rightsBelow,
  unlessRoot,
} from '../../rig/rights.js';

const OTHER_GROUP = GROUP + 1;

let site: RestoreSite;
let umask: number;
beforeEach(() => {
  site = makeRestoreSite();
  umask = process.umask(0o022);
});
afterEach(() => {
  process.umask(umask);
  site.remove();
});

/** A copy with a file in each of the directories, and with a tree. */
async function backUp(...directories: readonly string[]): Promise<string> {
  const tree = join(site.directory, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'in'), 'text');
  const files = directories.map((path) => ({ path: `${path}/file`, stages: ['echo 1'] }));
  const stages = [`tar -c -C ${tree} in`];
  return await site.backup({ objects: [...files, { path: 'shared/tree.tar', stages }] });
}

suite('restore --to into a directory with the setgid bit', { skip: unlessRoot }, () => {
  test('as root', async () => {
    await backUp('new/sub', 'shared', 'own');
    makeSetgid(site.target);
    makeSetgid(join(site.target, 'shared'));
    // Within it, one that has the bit no more.
    makeSetgid(join(site.target, 'own'), 0, 0o755);
    const { code, stderr } = await site.restore('--to', site.target, '--extract');
    assert.equal(code, 0, stderr);
    assert.deepEqual(rightsBelow(site.target), {
      new: `2755 ${GROUP}`,
      'new/sub': `2755 ${GROUP}`,
      'new/sub/file': `644 ${GROUP}`,
      shared: `2755 ${GROUP}`,
      'shared/file': `644 ${GROUP}`,
      'shared/tree': `2755 ${GROUP}`,
      'shared/tree/in': '644 0',
      own: '755 0',
      'own/file': '644 0',
    });
  });

  test('as a user who is not in its group, and says where he cannot give a group', async () => {
    const copy = await backUp('new/sub', 'shared', 'own', 'other');
    makeSetgid(site.target, GROUP, 0o2777);
    makeSetgid(join(site.target, 'shared'), GROUP, 0o2777);
    makeSetgid(join(site.target, 'other'), OTHER_GROUP, 0o2777);
    makeSetgid(join(site.target, 'own'), 0, 0o777);
    execFileSync('chmod', ['-R', 'o+rX', site.directory]);
    const words = ['restore', '--from', copy, '--to', site.target, '--extract', '--yes'];
    const { code, stderr } = callAsNobody(words, { ...process.env, HOME: '/' });
    assert.equal(code, 0, stderr);
    assert.deepEqual(rightsBelow(site.target), {
      new: `2755 ${GROUP}`,
      'new/sub': `2755 ${GROUP}`,
      'new/sub/file': `644 ${GROUP}`,
      shared: `2777 ${GROUP}`,
      'shared/file': `644 ${GROUP}`,
      'shared/tree': `2755 ${GROUP}`,
      'shared/tree/in': `644 ${GROUP}`,
      own: '777 0',
      'own/file': `644 ${NOBODY}`,
      other: `2777 ${OTHER_GROUP}`,
      'other/file': `644 ${NOBODY}`,
    });
    assert.match(
      stderr,
      /^warning: 1 object could not get the group of the directory above.*\n {2}other\/file$/m,
    );
  });
});
