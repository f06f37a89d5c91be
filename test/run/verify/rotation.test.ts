/** The real program: what a verify has recorded keeps a copy from being rotated away. */
import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { callPalhm } from '../../rig/palhm.js';
import { listPrefixes, makeSite } from '../../rig/site.js';
import { flipByte, makeCopy, verify } from '../../rig/verify-site.js';

describe('rotation after a verify', () => {
  const site = makeSite();
  after(() => site.remove());

  it('keeps the newest verified copy beside the new one, until a newer one is verified', async () => {
    const objects = [{ path: 'a', stages: ['seq 10'] }];
    site.write({ objects, param: { 'nb-copy-limit': 1 } });
    const first = basename(await makeCopy(site));
    assert.equal((await verify(site.config)).code, 0);
    await makeCopy(site);
    const third = await makeCopy(site);
    assert.deepEqual(await listPrefixes(site.config), [first, basename(third)]);
    const plan = await callPalhm(['-f', site.config, 'rotate', 'backup', '--dry-run']);
    assert.match(plan.stdout, /keep +kept: the newest copy that was verified$/m);
    flipByte(join(third, 'a'));
    assert.equal((await verify(site.config)).code, 4);
    const fourth = basename(await makeCopy(site));
    assert.deepEqual(await listPrefixes(site.config), [first, fourth]);
    assert.equal((await verify(site.config)).code, 0);
    const { code } = await callPalhm(['-f', site.config, 'rotate', 'backup']);
    assert.equal(code, 0);
    assert.deepEqual(await listPrefixes(site.config), [fourth]);
  });
});
