/** Parts of a disk. For the packages see test/rig/guest-disk.ts. Runs in a guest: test/system/lvm-parts.test.ts. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { PartStep } from '../../../src/config/plan/snapshots/part.js';
import { closePart } from '../../../src/snapshot/part/close-part.js';
import { checkPart, deviceOfPart, openPart } from '../../../src/snapshot/part/part.js';
import { fillExt4, fillLuks, fillLvm, makeImage } from '../../rig/guest-disk.js';
import { type Lvm, makeLvm, run } from '../../rig/lvm.js';
import { makeScratch } from '../../rig/scratch.js';

const GROUP = 'palhm-test-same';
const PASSPHRASE = 'the pass phrase of the guest';

const LUKS: PartStep = { type: 'luks', key: { type: 'credential', name: 'guest' } };

describe('a part of a disk', () => {
  const directory = makeScratch();
  const path = join(directory, 'mounted');
  let image = '';
  let host: Lvm;
  let lock: FileHandle;
  before(async () => {
    image = makeImage(directory, [
      { megabytes: 8, fill: (device) => fillExt4(device, 'boot of the guest') },
      { megabytes: 48, fill: (device) => fillLvm(device, GROUP) },
      {
        megabytes: 66,
        fill: (device) =>
          fillLuks(device, { type: 'luks2', passphrase: PASSPHRASE }, (inner) =>
            fillLvm(inner, GROUP),
          ),
      },
      {
        megabytes: 12,
        fill: (device) =>
          fillLuks(device, { type: 'luks1', passphrase: PASSPHRASE }, (inner) =>
            fillExt4(inner, 'in LUKS1'),
          ),
      },
    ]);
    host = makeLvm(32, GROUP);
    host.add('root', ['-L', '4M', GROUP]);
    mkdirSync(path);
    // LVM wants a descriptor that it could write to.
    lock = await open('/dev/null', 'w');
  });
  after(async () => {
    host.remove();
    rmSync(directory, { recursive: true });
    await lock.close();
  });

  let disk = '';
  let secret = PASSPHRASE;
  beforeEach(() => {
    run('cp', '--sparse=always', image, `${image}.copy`);
    disk = run('losetup', '--find', '--show', `${image}.copy`);
  });
  afterEach(async () => {
    await close();
    run('losetup', '--detach', disk);
  });

  const name = 'palhm.some-run.0.0';
  const unmount = (device: string): Promise<void> => {
    const isMounted = readFileSync('/proc/mounts', 'utf8').includes(`${device} `);
    if (isMounted) run('umount', device);
    return Promise.resolve();
  };
  const close = (): Promise<void> => closePart({ disk, name, unmount });
  const openTo = async (steps: readonly PartStep[], isReadOnly = false): Promise<string> => {
    const part = { disk, name, steps };
    await openPart(part, { isReadOnly, fd: lock.fd, secretOf: () => secret });
    return deviceOfPart(part);
  };
  const mapped = (): readonly string[] =>
    run('dmsetup', 'ls')
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '');
  const groups = (): readonly string[] =>
    run('vgs', '--noheadings', '-o', 'vg_name')
      .split('\n')
      .map((line) => line.trim());
  const assertNothingLeft = (): void => assert.deepEqual(mapped(), ['palhm--test--same-root']);

  const partition = (number: number): PartStep => ({ type: 'partition', number });
  const second = partition(2);
  const inGroup = (volume: string): PartStep => ({ type: 'lvm', volume: `${GROUP}/${volume}` });
  const ways: readonly (readonly [string, readonly PartStep[], string])[] = [
    ['a partition', [partition(1)], 'boot of the guest'],
    [
      'a volume of a group called as one of the host',
      [second, inGroup('root')],
      'root of the guest',
    ],
    ['LUKS1', [partition(4), LUKS], 'in LUKS1'],
    [
      'a volume of a group called as one of the host, in LUKS2',
      [partition(3), LUKS, inGroup('root')],
      'root of the guest',
    ],
    ['a thin volume', [second, inGroup('thin')], 'thin of the guest'],
  ];

  for (const [what, steps, who] of ways)
    it(`may be ${what}, which the host does not see`, async () => {
      assert.deepEqual(await checkPart({ disk, steps }), []);
      const device = await openTo(steps);
      run('udevadm', 'settle');
      assert.deepEqual(groups(), [GROUP]);
      run('mount', device, path);
      assert.equal(readFileSync(join(path, 'who'), 'utf8'), who);
      await close();
      assertNothingLeft();
      await close();
    });

  it('is not seen when it has a group, before that is renamed', async () => {
    await openTo([partition(3), LUKS]);
    run('udevadm', 'settle');
    assert.deepEqual(groups(), [GROUP]);
    await close();
    assertNothingLeft();
  });

  it('is read-only where that is wanted', async () => {
    const device = await openTo([second, inGroup('root')], true);
    assert.equal(run('blockdev', '--getro', device), '1');
    assert.ok(readFileSync(device).includes('root of the guest'));
    await close();
  });

  it('that is not there is said, with what is there, and leaves nothing', async () => {
    const wrong = partition(7);
    const [problem] = await checkPart({ disk, steps: [wrong] });
    assert.equal(problem?.message, `${disk} has no partition 7.`);
    assert.equal(problem.hint, `It has 1, 2, 3, 4: see "partx --show ${disk}".`);
    const cases: readonly (readonly [readonly PartStep[], RegExp])[] = [
      [[wrong], /^there is no partition 7 on .*: it has 1, 2, 3, 4$/],
      [[second, inGroup('rooot')], /^there is no volume .*rooot on .*: it has .*\/root .*\/thin$/],
      [[partition(1), inGroup('root')], /: it has no volume of LVM$/],
      [[second, LUKS], /^cryptsetup exited with status 1$/],
    ];
    for (const [steps, message] of cases) {
      await assert.rejects(openTo(steps), { code: 'SNAPSHOT_FAILED', message });
      await close();
      assertNothingLeft();
    }
  });

  it('in LUKS is not opened by another passphrase', async () => {
    secret = 'wrong';
    await assert.rejects(openTo([partition(4), LUKS]), {
      code: 'SNAPSHOT_FAILED',
      message: 'cryptsetup exited with status 2',
      details: ['| No key available with this passphrase.'],
    });
    secret = PASSPHRASE;
    await close();
    assertNothingLeft();
  });

  it('is left alone while somebody else uses it', async () => {
    const device = await openTo([second, inGroup('root')]);
    run('dmsetup', 'create', 'strange', '--table', `0 8 linear ${device} 0`);
    await assert.rejects(close(), {
      code: 'SNAPSHOT_LEFT',
      message: `${device} is used by strange, which palhm has not made`,
    });
    run('dmsetup', 'remove', 'strange');
    const held = await open(device);
    run('mount', device, path);
    await assert.rejects(closePart({ disk, name, unmount: () => Promise.resolve() }), {
      code: 'SNAPSHOT_LEFT',
      message: `${device} cannot be removed`,
    });
    await held.close();
    await close();
    assertNothingLeft();
  });
});
