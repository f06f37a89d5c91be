/** samples/recovery.jsonc brings a system back by the command in its head, and refuses to unpack it anywhere else. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { mountPerTest, TMPFS } from '../../rig/mounts.js';
import { type Ended, startPalhm } from '../../rig/palhm.js';
import { isRoot } from '../../rig/rights.js';
import { makeScratch } from '../../rig/scratch.js';
import { CORE, TOP, whyMissing } from '../../shipped/core.js';

const SAMPLE = readFileSync(join(TOP, 'samples/recovery.jsonc'), 'utf8');
const skip = (isRoot ? false : 'needs root, to mount') || whyMissing('busybox', 'zstd', 'lsblk');

suite('samples/recovery.jsonc', { skip }, () => {
  const mount = mountPerTest();

  test('brings the system back where palhm is started, which has to be a new file system', async (context) => {
    const directory = makeScratch();
    const at = (name: string): string => join(directory, name);
    makeSystem(at('system'));
    const config = SAMPLE.replace('../conf.d/core.json', CORE)
      .replace('/media/backup/host', at('copies'))
      .replace('"/", "."', `"${at('system')}", "."`)
      .replace('| wall', '>&2');
    assert.ok(config.includes(at('system')), 'or it reads this host');
    writeFileSync(at('palhm.jsonc'), config);
    const palhm = (cwd: string, ...args: readonly string[]): Promise<Ended> =>
      startPalhm(['-f', at('palhm.jsonc'), ...args], { cwd }).ended;
    assert.equal((await palhm(directory, 'run', 'host')).code, 0);
    if (!mount(context, TMPFS, at('mnt'))) return;
    const command = /palhm (restore host .*) \/mnt$/m.exec(SAMPLE)?.[1]?.split(' ') ?? [];
    const restore = (cwd: string): Promise<Ended> => palhm(cwd, ...command, at('mnt'), '--yes');

    mkdirSync(at('elsewhere'));
    const refused = await restore(at('elsewhere'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /elsewhere is not the new file system/);
    assert.deepEqual([readdirSync(at('elsewhere')), readdirSync(at('mnt'))], [[], []]);
    const { code, stderr } = await restore(at('mnt'));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /host is back: boot it/);
    assert.equal(readFileSync(at('mnt/ran'), 'utf8'), 'initramfs\ngrub\n');
    assert.equal((await restore(at('mnt'))).code, 1, 'onto what is there');
  });
});

function makeSystem(top: string): void {
  for (const name of ['dev', 'proc', 'sys', 'etc', 'usr/sbin'])
    mkdirSync(join(top, name), { recursive: true });
  copyFileSync('/bin/busybox', join(top, 'busybox'));
  for (const name of ['initramfs', 'grub']) {
    const script = join(top, 'usr/sbin', `update-${name}`);
    writeFileSync(script, `#!/busybox sh\necho ${name} >>/ran\n`);
    chmodSync(script, 0o755);
  }
}
