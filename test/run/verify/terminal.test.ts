/** On a terminal, where the live display and the table that is printed meet. Debian package: bsdutils. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PALHM } from '../../rig/palhm.js';
import { makeSite } from '../../rig/site.js';
import { flipByte, makeCopy } from '../../rig/verify-site.js';

const hasScript = spawnSync('script', ['--version']).status === 0;

describe('verify on a terminal', { skip: hasScript ? false : 'there is no script(1)' }, () => {
  const site = makeSite();
  before(async () => {
    site.write({ objects: [{ path: 'a', stages: ['seq 100'] }] });
    flipByte(join(await makeCopy(site), 'a'));
  });
  after(() => site.remove());

  it('prints its table below everything that the live display erases', () => {
    const palhm = `'${process.execPath}' '${PALHM}' -f '${site.config}' verify`;
    const { stdout, status } = spawnSync('script', ['-qec', palhm, '/dev/null'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TERM: 'xterm', COLUMNS: '120', LINES: '40' },
    });
    assert.equal(status, 4, stdout);
    assert.ok(stdout.includes('\u001b[J'), 'there was a live display');
    assert.match(
      stdout.slice(stdout.lastIndexOf('\u001b[J')),
      /\n20\S+ +1 .* damaged, 1 problem\r\n/,
    );
  });
});
