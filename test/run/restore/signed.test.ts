/** Copies named by their place, whose manifests are signed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { callPalhm, type Ended, watchPalhm } from '../../rig/palhm.js';
import { listPrefixes, makeSite, type Site } from '../../rig/site.js';

let site: Site;
let copy: string;

before(async () => {
  site = makeSite();
  site.write({ objects: [{ path: 'o', stages: ['echo text'] }] });
  for (const name of ['ours', 'theirs']) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(inSite(`${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(inSite(`${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  const config = JSON.parse(readFileSync(site.config, 'utf8')) as { tasks: object[] };
  Object.assign(config.tasks[0] ?? {}, { sign: { key: { file: inSite('ours.pem') } } });
  writeFileSync(site.config, JSON.stringify(config));
  assert.equal((await callPalhm(['-f', site.config, 'run', 'backup'])).code, 0);
  const [prefix = ''] = await listPrefixes(site.config);
  copy = join(site.root, prefix);
});
after(() => site.remove());

function inSite(name: string): string {
  return join(site.directory, name);
}

function restoreTo(name: string, ...more: string[]): Promise<Ended> {
  return callPalhm([...more, 'restore', '--from', copy, '--to', inSite(name)]);
}

it('need a key that is given, and that one alone', async () => {
  const good = await callPalhm([
    'restore',
    '--from',
    copy,
    '--to',
    inSite('a'),
    '--public-key',
    inSite('ours.pub'),
  ]);
  assert.equal(good.code, 0, good.stderr);
  assert.equal(readFileSync(join(inSite('a'), 'o'), 'utf8'), 'text\n');
  const bad = await callPalhm([
    'restore',
    '--from',
    copy,
    '--to',
    inSite('b'),
    '--public-key',
    inSite('theirs.pub'),
  ]);
  assert.equal(bad.code, 4);
  assert.match(bad.stderr, /not trusted.\s+SIGNATURE_INVALID/);
  assert.ok(!existsSync(join(inSite('b'), 'o')));
});

it('say so when nobody tells whose the signature should be', async () => {
  const { code, stderr } = await restoreTo('c');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /signature of .* is not checked/);
});

it('say what is wrong with a file that holds no key', async () => {
  const words = ['restore', '--from', copy, '--to', inSite('d'), '--public-key'];
  for (const file of [site.config, inSite('absent')]) {
    const { code, stderr } = await callPalhm([...words, file]);
    assert.notEqual(code, 0);
    assert.match(stderr, /KEY_INVALID/);
  }
});

it('wait for a key that comes by a FIFO, and say so', async () => {
  execFileSync('mkfifo', [inSite('fifo')]);
  const words = ['restore', '--from', copy, '--to', inSite('g'), '--public-key', inSite('fifo')];
  const restore = watchPalhm(['--log-format', 'json', ...words]);
  const warning = await restore.event('warning');
  assert.match(String(warning?.['message']), /waiting for the key: .*\/fifo yet$/);
  await writeFile(inSite('fifo'), readFileSync(inSite('ours.pub')));
  assert.equal((await restore.ended).code, 0);
});

it('are held to the key of their task in the config in use', async () => {
  const whole = await restoreTo('e', '-f', site.config);
  assert.equal(whole.code, 0, whole.stderr);
  assert.doesNotMatch(whole.stderr, /not checked/);
  const manifest = join(copy, '.palhm-manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"host": "', '"host": "x'));
  const forged = await restoreTo('f', '-f', site.config);
  assert.equal(forged.code, 4);
  assert.match(forged.stderr, /SIGNATURE_INVALID/);
  assert.ok(!existsSync(join(inSite('f'), 'o')));
});
