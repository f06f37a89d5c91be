/** File systems on the disks of a guest, mounted on this host. What it needs: libvirt.ts; besides, fdisk, util-linux, mount. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LibvirtPlan } from '../../src/config/plan/snapshots/sources.js';
import { Failure } from '../../src/failure/failure.js';
import type { Snapshot } from '../../src/snapshot/provider.js';
import { checkSource, openProvider } from '../../src/snapshot/registry.js';
import { run } from '../rig/btrfs.js';
import { takeSnapshot } from '../snapshot/take.js';
import { whyNoLab } from './lab.js';
import { type Libvirt, PLAN, remainsOf, startLibvirt } from './libvirt.js';

const { signal } = new AbortController();
const MIB = 1024 * 1024;
/** On the second disk: `vdb2`. */
const SECOND = { disk: 'vdb', part: [{ type: 'partition', number: 2 }], options: [] } as const;
const WHOLE = { disk: 'vda', part: [], options: [] } as const;

describe('a file system on a disk of a guest', { skip: whyNoLab('libvirt-up.sh') }, () => {
  let libvirt: Libvirt;
  before(async () => {
    libvirt = await startLibvirt();
    const parted = join(libvirt.disks, 'parted.qcow2');
    makeParted(libvirt.disks, parted);
    await libvirt.start('guest', [join(libvirt.disks, 'a.raw'), parted], 'bios');
  });
  after(() => libvirt?.remove());

  const planOf = (more: Partial<LibvirtPlan>): LibvirtPlan => ({
    ...PLAN,
    uri: libvirt.uri,
    ...more,
  });
  const take = async (plan: LibvirtPlan): Promise<Snapshot> =>
    await takeSnapshot(await openProvider(plan), { run: randomUUID(), number: 0 }, signal);
  const assertClean = async (): Promise<void> => {
    const uuid = await libvirt.virsh('domuuid', 'guest');
    assert.deepEqual(await remainsOf(libvirt.disks, [uuid]), []);
  };

  it('in a partition is mounted read-only beside another, twice at once, and gone after', async () => {
    const plan = planOf({ mounts: [SECOND, WHOLE] });
    assert.deepEqual(await checkSource(plan), []);
    const both = [await take(plan), await take(plan)];
    for (const { facts } of both) {
      const path = facts.volumes?.get('vdb2')?.path ?? '';
      assert.equal(readFileSync(join(path, 'hello'), 'utf8'), 'from the second');
      assert.throws(() => writeFileSync(join(path, 'new'), ''), { code: 'EROFS' });
      assert.ok(facts.volumes?.get('vda')?.device, 'the disk itself is there as well');
      readFileSync(join(facts.volumes?.get('vda')?.path ?? '', '..', 'domain.xml'));
    }
    for (const one of both) await one.release();
    await assertClean();
  });

  it('that somebody works in is told, and hinders no other snapshot', async () => {
    const snapshot = await take(planOf({ mounts: [SECOND] }));
    const { path = '' } = snapshot.facts;
    const child = spawn('sleep', ['60'], { cwd: path });
    await once(child, 'spawn');
    await assert.rejects(snapshot.release(), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'SNAPSHOT_LEFT');
      assert.ok(error.hint?.includes(`fuser -vm ${path}`), error.message);
      return true;
    });
    await (await take(planOf({}))).release();
    assert.equal(readFileSync(join(path, 'hello'), 'utf8'), 'from the second');
    child.kill();
    await once(child, 'exit');
    await snapshot.release();
    await assertClean();
  });

  it('that is not there fails, with what there is, and leaves nothing', async () => {
    const missing = { ...SECOND, part: [{ type: 'partition', number: 7 }] } as const;
    await assert.rejects(take(planOf({ mounts: [missing] })), {
      code: 'SNAPSHOT_FAILED',
      message: 'there is no partition 7 on the disk "vdb": it has 1, 2',
    });
    await assertClean();
    const first = { ...SECOND, part: [{ type: 'partition', number: 1 }] } as const;
    await assert.rejects(take(planOf({ mounts: [first] })), /there is no file system on it/);
    await assertClean();
    const [problem] = await checkSource(planOf({ mounts: [{ ...WHOLE, disk: 'vdc' }] }));
    assert.equal(problem?.message, 'The domain guest has no disk "vdc".');
  });

  it('of a guest that is off is mounted, and the guest cannot be started meanwhile', async () => {
    await libvirt.virsh('destroy', 'guest');
    const snapshot = await take(planOf({ mounts: [SECOND, WHOLE], offlineOk: true }));
    const path = snapshot.facts.volumes?.get('vdb2')?.path ?? '';
    assert.equal(readFileSync(join(path, 'hello'), 'utf8'), 'from the second');
    await assert.rejects(libvirt.virsh('start', 'guest'), /Failed to get .*write.* lock/);
    await snapshot.release();
    await assertClean();
    await libvirt.virsh('start', 'guest');
  });
});

/** Two partitions, an ext4 with a file in the second one. */
function makeParted(directory: string, to: string): void {
  const raw = `${to}.raw`;
  const content = join(directory, 'content');
  mkdirSync(content);
  writeFileSync(join(content, 'hello'), 'from the second');
  writeFileSync(raw, '');
  truncateSync(raw, 16 * MIB);
  run('sh', '-c', 'printf "label: gpt\\nsize=2MiB\\nsize=10MiB\\n" | sfdisk --quiet "$0"', raw);
  run('mkfs.ext4', '-q', '-F', '-d', content, '-E', `offset=${3 * MIB}`, raw, '10M');
  run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, to);
  rmSync(raw);
  rmSync(content, { recursive: true });
}
