/** Groups and modes as the kernel and the config give them: setgid roots, directories that not even their owner may write to. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { callPalhm } from '../../rig/palhm.js';
import {
  callAsNobody,
  GROUP,
  makeSetgid,
  NOBODY,
  rightsBelow,
  unlessRoot,
} from '../../rig/rights.js';
import { makeSite, type Site } from '../../rig/site.js';

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
const look = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(rightsBelow(directory)).map(([path, rights]) => [
      path.replace(/^2\d{3}-[^/]*/, 'COPY'),
      rights,
    ]),
  );

const OBJECTS = [{ path: 'a/b/o', stages: ['echo o'] }];

suite('as root', { skip: unlessRoot }, () => {
  test('a root with the setgid bit hands down the bit and its group, whatever the umask', async () => {
    makeSetgid(site.root, GROUP, 0o2750);
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
    makeSetgid(site.directory);
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
    const palhm = (...args: string[]) => callAsNobody(['-f', site.config, ...args]);
    const expected = {
      '.palhm-lock': `640 ${NOBODY}`,
      COPY: `550 ${NOBODY}`,
      'COPY/.palhm-manifest.json': `440 ${NOBODY}`,
      'COPY/a': `550 ${NOBODY}`,
      'COPY/a/b': `550 ${NOBODY}`,
      'COPY/a/b/o': `440 ${NOBODY}`,
    };
    for (let count = 0; count < 2; count += 1) {
      const { code, stderr } = palhm('run', 'backup');
      assert.equal(code, 0, stderr);
      assert.deepEqual(look(site.root), expected);
      assert.equal(readdirSync(site.root).length, 2);
    }
    const verified = palhm('verify', 'backup');
    assert.equal(verified.stderr.includes('could not be recorded'), false, verified.stderr);
    const record = { 'COPY/.palhm-verify.json': `440 ${NOBODY}` };
    assert.deepEqual(look(site.root), { ...expected, ...record });
    site.write({ objects: [...OBJECTS, { path: 'c/d', stages: ['exit 1'] }], param });
    assert.equal(palhm('run', 'backup').code, 1);
    assert.deepEqual(look(site.root), { ...expected, ...record });
  });
});
