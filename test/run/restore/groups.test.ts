/** What is restored below a directory with the setgid bit gets its group, as if it had been made there. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { makeRestoreSite, type RestoreSite } from '../../rig/restore-site.js';

const GROUP = 54_321;

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

function look(...paths: string[]): readonly string[] {
  return paths.map((path) => {
    const { mode, gid } = statSync(join(site.target, path));
    return `${path} ${(mode & 0o7777).toString(8)} ${gid}`;
  });
}

function setgid(path: string): void {
  mkdirSync(path, { recursive: true });
  chownSync(path, 0, GROUP);
  chmodSync(path, 0o2755);
}

test('restore --to into a directory with the setgid bit', async (context) => {
  if (process.getuid?.() !== 0) return context.skip('needs root');
  const tree = join(site.directory, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'in'), 'text');
  await site.backup({
    objects: [
      { path: 'new/sub/file', stages: ['echo 1'] },
      { path: 'shared/file', stages: ['echo 1'] },
      { path: 'own/file', stages: ['echo 1'] },
      { path: 'shared/tree.tar', stages: [`tar -c -C ${tree} in`] },
    ],
  });
  setgid(site.target);
  setgid(join(site.target, 'shared'));
  // Within it, one that has the bit no more.
  mkdirSync(join(site.target, 'own'));
  chownSync(join(site.target, 'own'), 0, 0);
  chmodSync(join(site.target, 'own'), 0o755);
  const { code, stderr } = await site.restore('--to', site.target, '--extract');
  assert.equal(code, 0, stderr);
  const paths = ['new', 'new/sub', 'new/sub/file', 'shared/file', 'shared/tree', 'own/file'];
  assert.deepEqual(look(...paths), [
    `new 2755 ${GROUP}`,
    `new/sub 2755 ${GROUP}`,
    `new/sub/file 644 ${GROUP}`,
    `shared/file 644 ${GROUP}`,
    `shared/tree 2755 ${GROUP}`,
    'own/file 644 0',
  ]);
});
