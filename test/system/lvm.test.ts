/**
 * LVM, in a guest with its own kernel, which runs as a process (user-mode Linux): the contract of snapshots, and a service that writes.
 * Debian packages: kmod busybox-static cpio user-mode-linux mmdebstrap e2fsprogs. The image takes half a minute to make;
 * PALHM_LAB_UML=DIR keeps it there.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createGuest, type Guest } from './guest.js';
import { INSTALLED, makeLabDirectory, mustRunScript, repositoryShares, whyNoLab } from './lab.js';

const FILES = [
  'snapshot/lvm/lvm.guest.js',
  'snapshot/lvm/contract.guest.js',
  'system/lvm-service.guest.js',
];

suite('LVM', { skip: whyNoLab('vm-up.sh'), timeout: 24 * 60_000 }, () => {
  let directory = '';
  let guest: Guest;
  before(async () => {
    directory = await makeLabDirectory();
    const state = process.env['PALHM_LAB_UML'] ?? join(directory, 'vm');
    guest = createGuest(state, repositoryShares(':ro'));
    await mustRunScript('vm-build.sh', [state], { LAB_KIND: 'uml' });
    await guest.boot();
  });
  after(async () => {
    try {
      await (process.env['PALHM_LAB_UML'] === undefined ? guest.remove() : guest.cut());
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  for (const file of FILES) {
    test(file, async (context) => {
      const soak = process.env['PALHM_SOAK'];
      const set = soak === undefined ? '' : `PALHM_SOAK=${soak} `;
      const { code, stdout, stderr } = await guest.run(
        `cd ${INSTALLED} && ${set}node --test --test-reporter=tap dist/test/${file}`,
      );
      for (const line of stdout.split('\n'))
        if (/^\s*# (?!Subtest)/.test(line)) context.diagnostic(line.trim().slice(2));
      assert.equal(code, 0, `${stdout}${stderr}`);
      assert.match(stdout, /^# pass [1-9]/m);
    });
  }
});
