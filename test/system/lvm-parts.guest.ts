/**
 * Backups of the disk of a guest: that of samples/lvm-guest.jsonc as it is, and one of what is encrypted. For the packages see
 * test/rig/guest-disk.ts; besides: tar, zstd. Runs in a guest: lvm-parts.test.ts.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fillExt4, fillLuks, fillLvm, makeImage } from '../rig/guest-disk.js';
import { type Lvm, makeLvm, run, snapshotMounts } from '../rig/lvm.js';
import { callPalhm } from '../rig/palhm.js';
import { makeScratch } from '../rig/scratch.js';
import { REPOSITORY } from './lab.js';

const SAMPLE = join(REPOSITORY, 'samples', 'lvm-guest.jsonc');
const ROOT = '/media/backup/guest';
const PASSPHRASE = 'the pass phrase of the guest';

describe('a backup of a part of a disk', () => {
  const directory = makeScratch();
  let lvm: Lvm;
  before(() => {
    const luks = { type: 'luks2', passphrase: PASSPHRASE } as const;
    const image = makeImage(directory, [
      { megabytes: 8, fill: (device) => fillExt4(device, 'boot of the guest') },
      {
        megabytes: 66,
        fill: (device) => fillLuks(device, luks, (inner) => fillLvm(inner, 'vg0')),
      },
      { megabytes: 48, fill: (device) => fillLvm(device, 'vg0') },
    ]);
    lvm = makeLvm(6000, 'vg0');
    lvm.add('guest', ['-L', '128M', 'vg0']);
    run('dd', `if=${image}`, 'of=/dev/vg0/guest', 'bs=1M', 'conv=fsync', 'status=none');
    mkdirSync(ROOT, { recursive: true });
  });
  after(() => {
    lvm.remove();
    rmSync(directory, { recursive: true });
    rmSync(ROOT, { recursive: true });
  });

  const call = async (config: string, ...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await callPalhm(['-f', config, '-vv', ...args]);
    assert.equal(code, 0, stderr);
    return `${stdout}${stderr}`;
  };
  /** Of the newest copy. */
  const restored = async (config: string, object: string): Promise<string> => {
    const to = join(directory, 'restored');
    await call(config, 'restore', '--to', to, '--extract');
    const text = readFileSync(join(to, object, 'who'), 'utf8');
    rmSync(to, { recursive: true });
    return text;
  };
  const assertNothingLeft = (): void => {
    assert.deepEqual(lvm.list(), ['guest']);
    assert.deepEqual(snapshotMounts(), []);
    assert.equal(run('dmsetup', 'ls').split('\t')[0], 'vg0-guest');
  };

  it('is what the sample makes of it', async () => {
    await call(SAMPLE, 'run', 'backup');
    assertNothingLeft();
    assert.equal(await restored(SAMPLE, 'root'), 'root of the guest');
  });

  it('may be of what is encrypted, and shows the passphrase to nobody', async () => {
    const config = join(directory, 'palhm.json');
    const key = join(directory, 'key');
    const part = [
      { type: 'partition', number: 2 },
      { type: 'luks', key: { file: key } },
      { type: 'lvm', volume: 'vg0/thin' },
    ];
    const exec = {
      type: 'exec-inline',
      argv: ['tar', '-C', { snapshot: 'path' }, '-c', '.'],
      inverse: { argv: ['tar', '-x'] },
    };
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: join(directory, 'copies') },
      'object-groups': [
        { id: 'g', snapshot: { type: 'lvm', volume: 'vg0/guest', size: '8 MiB', part, mount: {} } },
      ],
      objects: [{ path: 'thin.tar', group: 'g', pipeline: [exec] }],
    };
    writeFileSync(config, JSON.stringify({ tasks: [task] }));
    const without = await callPalhm(['-f', config, 'run', 'backup']);
    assert.equal(without.code, 1, without.stderr);
    assert.match(without.stderr, /REFERENCE_UNRESOLVED/);
    assert.doesNotMatch(without.stderr, /snapshot of .* taken/);
    writeFileSync(key, `${PASSPHRASE}\n`);
    assert.doesNotMatch(await call(config, 'run', 'backup'), new RegExp(PASSPHRASE));
    assertNothingLeft();
    assert.equal(await restored(config, 'thin'), 'thin of the guest');
  });
});
