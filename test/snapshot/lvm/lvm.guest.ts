/** What only snapshots of LVM have, beside the contract. For the packages see test/rig/lvm.ts. Runs in a guest: test/system/lvm.test.ts. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LvmPlan, LvmVolumePlan } from '../../../src/config/plan/snapshots/sources.js';
import type { Snapshot } from '../../../src/snapshot/provider.js';
import { checkSource, openProvider } from '../../../src/snapshot/registry.js';
import { mappedName } from '../../../src/snapshot/volume-name.js';
import { type Lvm, makeLvm, run } from '../../rig/lvm.js';
import { makeScratch } from '../../rig/scratch.js';
import { takeSnapshot } from '../take.js';

const MIB = 1024 ** 2;

describe('a snapshot of LVM', () => {
  let lvm: Lvm;
  let data: string;
  before(() => {
    lvm = makeLvm(200);
    data = lvm.add('a', ['-L', '40M', lvm.group], 'ext4');
  });
  after(() => lvm.remove());

  const planOf = (more: Partial<LvmVolumePlan> = {}): LvmPlan => {
    const volume = `${lvm.group}/a`;
    return { type: 'lvm', volumes: [{ volume, size: 4 * MIB, part: [], mount: null, ...more }] };
  };
  const take = async (plan: LvmPlan): Promise<Snapshot> => {
    const name = { run: randomUUID(), number: 0 };
    return await takeSnapshot(await openProvider(plan), name, new AbortController().signal);
  };
  const write = (text: string): void => writeFileSync(join(data, 'file'), text, { flush: true });

  it('that more has changed beneath than it has room for is said to be full, mounted or not', async () => {
    write('before');
    const snapshots = [await take(planOf()), await take(planOf({ mount: { options: [] } }))];
    for (const one of snapshots) await one.confirm?.();
    write('x'.repeat(12 * MIB));
    for (const one of snapshots) {
      await assert.rejects(async () => await one.confirm?.(), {
        code: 'SNAPSHOT_FULL',
        message: `the snapshot of ${lvm.group}/a is full and shows nothing any more: 4.0 MiB and more have changed in the volume since it was taken`,
      });
      await one.release();
    }
    assert.deepEqual(lvm.list(), ['a']);
  });

  it('that is read as a device is read-only', async () => {
    write('as a device');
    const snapshot = await take(planOf());
    const device = String(snapshot.facts.device);
    assert.equal(snapshot.facts.path, undefined);
    assert.equal(run('blockdev', '--getro', device), '1');
    assert.ok(readFileSync(device).includes('as a device'));
    await snapshot.release();
  });

  it('whose making is killed halfway leaves its volume to those that write to it', async () => {
    const isSuspended = (): boolean =>
      run('dmsetup', 'info', '-c', '--noheadings', '-o', 'suspended', mappedName(volume)) !==
      'Active';
    const volume = `${lvm.group}/a`;
    const bin = makeScratch();
    const killed = join(bin, 'lvcreate');
    writeFileSync(killed, `#!/bin/sh\ndmsetup suspend ${mappedName(volume)}\nkill -9 $$\n`);
    chmodSync(killed, 0o755);
    const path = `${bin}:${process.env['PATH']}`;
    const { stderr } = await doomedRun(planOf(), path);
    assert.match(stderr, /lvcreate was killed by SIGKILL/);
    assert.equal(isSuspended(), false);
    rmSync(bin, { recursive: true });

    const other = startDoomedRun(planOf());
    await once(other.stdout, 'data');
    other.kill('SIGKILL');
    await once(other, 'exit');
    run('dmsetup', 'suspend', mappedName(volume));
    const provider = await openProvider(planOf());
    assert.equal((await provider.tidy(new AbortController().signal)).length, 1);
    assert.equal(isSuspended(), false);
    assert.deepEqual(lvm.list(), ['a']);
  });

  it('of what cannot be mounted is not left', async () => {
    run('lvcreate', '-qq', '-y', '-Wn', '-L', '8M', '-n', 'empty', lvm.group);
    const volume = `${lvm.group}/empty`;
    await assert.rejects(take(planOf({ volume, mount: { options: [] } })), {
      code: 'SNAPSHOT_FAILED',
      message: /cannot be mounted: there is no file system on it$/,
    });
    run('lvremove', '-qq', '-y', volume);
    assert.deepEqual(lvm.list(), ['a']);
  });

  it('is found impossible, with the reason', async () => {
    const { group } = lvm;
    run('lvcreate', '-qq', '-y', '-L', '20M', '-T', `${group}/pool`);
    run('lvcreate', '-qq', '-y', '-s', '-L', '4M', '-n', 'snap', `${group}/a`);
    run('lvcreate', '-qq', '-y', '-an', '-L', '4M', '-n', 'asleep', group);
    run('lvcreate', '-qq', '-y', '-L', '8M', '-n', 'bare', group);
    run('lvcreate', '-qq', '-y', '-L', '8M', '-n', 'swap', group);
    run('mkswap', `/dev/${group}/swap`);
    const problemsOf = async (more: Partial<LvmVolumePlan>): Promise<readonly string[]> =>
      (await checkSource(planOf(more))).map(({ message }) => message.replaceAll(group, 'vg'));
    assert.deepEqual(await problemsOf({}), []);
    const mount = { options: [] };
    const cases: readonly (readonly [Partial<LvmVolumePlan>, string])[] = [
      [{ volume: 'no-such/a' }, 'There is no LVM volume no-such/a.'],
      [{ volume: `${group}/b` }, 'There is no LVM volume vg/b.'],
      [{ volume: `${group}/pool` }, 'vg/pool is a pool.'],
      [{ volume: `${group}/snap` }, 'vg/snap is itself a snapshot, of vg/a.'],
      [{ volume: `${group}/asleep` }, 'vg/asleep is not active.'],
      [{ size: null }, 'vg/a is not a thin volume.'],
      [
        { volume: `${group}/bare`, mount },
        'vg/bare cannot be mounted: there is no file system on it.',
      ],
      [
        { volume: `${group}/swap`, mount },
        'vg/swap cannot be mounted: there is no file system on it, but swap.',
      ],
    ];
    for (const [more, message] of cases) assert.deepEqual(await problemsOf(more), [message]);
    const [large = ''] = await problemsOf({ size: 1024 * MIB });
    assert.match(
      large,
      /^The volume group vg has [\d.]+ MiB free, and the snapshot needs 1\.0 GiB\.$/,
    );
  });
});

/** See doomed-run.ts. */
function startDoomedRun(
  plan: LvmPlan,
  path = process.env['PATH'],
): ChildProcessByStdio<null, Readable, Readable> {
  const script = fileURLToPath(new URL('../doomed-run.js', import.meta.url));
  const argv = [script, JSON.stringify(plan), 'hold'];
  const env = { ...process.env, PATH: path };
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], env });
}

async function doomedRun(plan: LvmPlan, path: string): Promise<{ readonly stderr: string }> {
  const child = startDoomedRun(plan, path);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(child, 'close');
  return { stderr };
}
