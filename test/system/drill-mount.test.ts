/** What is mounted in the scratch directory of a drill is not removed with it. Needs root; Debian package: util-linux. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unlessMounts } from '../rig/mounts.js';
import { PALHM, runPalhm } from '../rig/palhm.js';
import { makeSite, type Site } from '../rig/site.js';

describe('a mount in a scratch directory', { skip: unlessMounts }, () => {
  let site: Site;
  before(() => {
    site = makeSite();
  });
  after(() => site.remove());

  it('keeps its files, and palhm says where it is', async () => {
    const kept = join(site.directory, 'kept');
    const tmp = join(site.directory, 't');
    for (const directory of [kept, tmp]) mkdirSync(directory);
    writeFileSync(join(kept, 'file'), 'precious');
    const script = (text: string): object => ({ type: 'exec-inline', argv: ['sh', '-ec', text] });
    site.write({
      objects: [{ path: 'a', stages: ['echo 1'] }],
      drill: {
        prepare: [script(`mkdir 'a b'; mount --bind '${kept}' 'a b'`)],
        restore: [{ object: 'a', pipeline: [script('cat >restored')] }],
      },
    });
    assert.equal((await runPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
    // Of its own mount namespace: what the test mounts goes with it.
    const argv = ['--mount', process.execPath, PALHM, '-f', site.config, 'drill', 'backup'];
    const env = { ...process.env, TMPDIR: tmp };
    const { status, stderr } = spawnSync('unshare', argv, { env, encoding: 'utf8' });
    assert.equal(status, 3, stderr);
    const [name = ''] = readdirSync(tmp);
    assert.match(stderr, /DRILL_NOT_CLEANED/);
    assert.ok(
      stderr.includes(`could not be removed: mounted there: ${join(tmp, name)}/scratch/a b`),
    );
    assert.equal(readFileSync(join(kept, 'file'), 'utf8'), 'precious');
  });
});
