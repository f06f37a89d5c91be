/** Groups and modes as the kernel and the config give them: setgid roots, directories that not even their owner may write to. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm, PALHM } from '../../rig/palhm.js';
import { makeSite, type Site } from '../../rig/site.js';

const GROUP = 54_321;
const NOBODY = 65_534;

let site: Site;
let umask: number;
beforeEach(() => {
  site = makeSite();
  umask = process.umask(0o022);
});
afterEach(() => {
  process.umask(umask);
  site.remove();
});

/** Mode and group of everything below a directory, by its path. */
function look(directory: string): Readonly<Record<string, string>> {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const entries = paths.map((path) => {
    const { mode, gid } = statSync(join(directory, path));
    return [
      path.replace(/^2\d{3}-[^/]*/, 'COPY'),
      `${(mode & 0o7777).toString(8)} ${gid}`,
    ] as const;
  });
  return Object.fromEntries(entries);
}

const OBJECTS = [{ path: 'a/b/o', stages: ['echo o'] }];

suite('as root', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  test('a root with the setgid bit hands down the bit and its group, whatever the umask', async () => {
    mkdirSync(site.root);
    chownSync(site.root, 0, GROUP);
    chmodSync(site.root, 0o2750);
    site.write({ objects: OBJECTS });
    for (const mask of [0o022, 0o077]) {
      process.umask(mask);
      const { code, stderr } = await callPalhm(['-f', site.config, 'run', 'backup']);
      assert.equal(code, 0, stderr);
      await callPalhm(['-f', site.config, 'verify', 'backup']);
      assert.deepEqual(look(site.root), {
        '.palhm-lock': `640 ${GROUP}`,
        COPY: `2750 ${GROUP}`,
        'COPY/.palhm-manifest.json': `640 ${GROUP}`,
        'COPY/.palhm-verify.json': `640 ${GROUP}`,
        'COPY/a': `2750 ${GROUP}`,
        'COPY/a/b': `2750 ${GROUP}`,
        'COPY/a/b/o': `640 ${GROUP}`,
      });
    }
  });
  test('a root that palhm makes inherits both, too', async () => {
    chownSync(site.directory, 0, GROUP);
    chmodSync(site.directory, 0o2755);
    site.write({ objects: OBJECTS });
    assert.equal((await callPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
    assert.equal(look(site.directory)['root'], `2750 ${GROUP}`);
    assert.equal(look(site.root)['COPY/a/b/o'], `640 ${GROUP}`);
  });
  test('with a "dmode" of 550 a user backs up, verifies, rotates and rolls back', () => {
    chmodSync(site.directory, 0o755);
    mkdirSync(site.root);
    chownSync(site.root, NOBODY, NOBODY);
    const param = { dmode: '550', fmode: '440', 'nb-copy-limit': 1 };
    site.write({ objects: OBJECTS, param });
    const palhm = (...args: string[]) => {
      const user = ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'];
      const argv = [...user, process.execPath, PALHM, '-f', site.config, ...args];
      const { status, stderr } = spawnSync('setpriv', argv, { encoding: 'utf8' });
      return { status, stderr };
    };
    const expected = {
      '.palhm-lock': `640 ${NOBODY}`,
      COPY: `550 ${NOBODY}`,
      'COPY/.palhm-manifest.json': `440 ${NOBODY}`,
      'COPY/a': `550 ${NOBODY}`,
      'COPY/a/b': `550 ${NOBODY}`,
      'COPY/a/b/o': `440 ${NOBODY}`,
    };
    for (let count = 0; count < 2; count += 1) {
      const { status, stderr } = palhm('run', 'backup');
      assert.equal(status, 0, stderr);
      assert.deepEqual(look(site.root), expected);
      assert.equal(readdirSync(site.root).length, 2);
    }
    const verified = palhm('verify', 'backup');
    assert.equal(verified.stderr.includes('could not be recorded'), false, verified.stderr);
    const record = { 'COPY/.palhm-verify.json': `440 ${NOBODY}` };
    assert.deepEqual(look(site.root), { ...expected, ...record });
    site.write({ objects: [...OBJECTS, { path: 'c/d', stages: ['exit 1'] }], param });
    assert.equal(palhm('run', 'backup').status, 1);
    assert.deepEqual(look(site.root), { ...expected, ...record });
  });
});
