/** A verify that runs out of descriptors of its own: that says nothing about the copy. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PALHM } from '../../rig/palhm.js';
import { makeSite } from '../../rig/site.js';
import { makeCopy, type VerifiedJson } from '../../rig/verify-site.js';

test('what cannot be read for want of descriptors is unread, not damaged', async () => {
  const site = makeSite();
  const objects = Array.from({ length: 40 }, (_, index) => ({
    path: `o${index}.gz`,
    stages: ['seq 10', 'gzip -n'],
    inverses: [null, 'gzip -d'],
  }));
  site.write({ objects, workers: 40 });
  const copy = await makeCopy(site);
  const palhm = [process.execPath, PALHM, '-f', site.config, 'verify', '--json'];
  for (const more of [[], ['--decode']]) {
    const command = ['--nofile=80', ...palhm, ...more];
    const { status, stdout, stderr } = spawnSync('prlimit', command, { encoding: 'utf8' });
    const { copies } = JSON.parse(stdout) as VerifiedJson;
    assert.deepEqual([status, copies[0]?.result], [1, 'unread'], stderr);
    assert.match(stderr, /NOT_READ/);
    assert.match(stderr, /EMFILE/);
    assert.ok(!existsSync(join(copy, '.palhm-verify.json')));
  }
  site.remove();
});
