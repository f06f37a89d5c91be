/** Tests that run in a guest with its own kernel, with LVM, which runs as a process (user-mode Linux). */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createGuest, type Guest } from './guest.js';
import { INSTALLED, makeLabDirectory, mustRunScript, repositoryShares, whyNoLab } from './lab.js';

interface Wanted {
  /** Of Debian, beside those of the lab. */
  readonly packages?: readonly string[];
  /** Compiled tests, below `dist/test`. */
  readonly files: readonly string[];
}

export function describeInGuest(title: string, { packages = [], files }: Wanted): void {
  suite(title, { skip: whyNoLab('vm-up.sh'), timeout: 24 * 60_000 }, () => {
    let directory = '';
    let guest: Guest;
    before(async () => {
      directory = await makeLabDirectory();
      const kept = process.env['PALHM_LAB_UML'];
      const state = kept === undefined ? join(directory, 'vm') : `${kept}${packages.join('-')}`;
      guest = createGuest(state, repositoryShares(':ro'));
      await mustRunScript('vm-build.sh', [state], {
        LAB_KIND: 'uml',
        LAB_PACKAGES: packages.join(' '),
      });
      await guest.boot();
    });
    after(async () => {
      try {
        await (process.env['PALHM_LAB_UML'] === undefined ? guest.remove() : guest.cut());
      } finally {
        await rm(directory, { recursive: true });
      }
    });

    for (const file of files) {
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
}
