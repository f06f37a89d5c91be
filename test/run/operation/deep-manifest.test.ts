/** A manifest that is nested without end, in a root whose copies are signed: it is one stranger, and nothing else. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { MANIFEST_NAME } from '../../../src/copy/manifest.js';
import { callPalhm } from '../../rig/palhm.js';
import { listPrefixes, makeSite } from '../../rig/site.js';

it('ends neither list nor run, status, verify and restore', async () => {
  const site = makeSite();
  const key = join(site.directory, 'key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const objects = [{ path: 'o', stages: ['echo text'] }];
  site.write({ objects, sign: { key: { file: key } } });
  const call = (...args: string[]) => callPalhm(['-f', site.config, ...args]);
  assert.equal((await call('run', 'backup')).code, 0);
  const [good = ''] = await listPrefixes(site.config);
  const manifest = readFileSync(join(site.root, good, MANIFEST_NAME), 'utf8');
  const bad = '2099-01-01T00:00:00+00:00';
  mkdirSync(join(site.root, bad));
  const deep = `"later": ${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  writeFileSync(join(site.root, bad, MANIFEST_NAME), manifest.replace('{', `{${deep},`));

  assert.deepEqual(await listPrefixes(site.config), [good]);
  const ways = [
    { args: ['list'], code: 0 },
    { args: ['run', 'backup'], code: 0 },
    { args: ['restore', 'backup', '--to', join(site.directory, 'out')], code: 0 },
    // It is dated after now, and so not the newest.
    { args: ['status'], code: 0 },
    { args: ['verify', 'backup', '--copy', 'all'], code: 4 },
  ];
  for (const { args, code } of ways) {
    const ended = await call(...args);
    const said = ended.stdout + ended.stderr;
    assert.equal(ended.code, code, `${args.join(' ')}: ${said}`);
    assert.doesNotMatch(said, /DEFECT/);
    if (args[0] !== 'restore') assert.match(said, /nested deeper than 64 levels/);
  }
  site.remove();
});
