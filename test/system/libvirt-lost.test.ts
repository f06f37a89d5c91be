/** What others do to a snapshot of libvirt that they do not know of. What it needs: libvirt.ts; besides, mount. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { LibvirtPlan } from '../../src/config/plan/snapshots/sources.js';
import { Failure } from '../../src/failure/failure.js';
import type { Leftover, Snapshot } from '../../src/snapshot/provider.js';
import { openProvider } from '../../src/snapshot/registry.js';
import { run } from '../rig/btrfs.js';
import { callPalhm, type Ended } from '../rig/palhm.js';
import { makeSite, type Site } from '../rig/site.js';
import { takeSnapshot } from '../snapshot/take.js';
import { whyNoLab } from './lab.js';
import { type Libvirt, PLAN, remainsOf, startLibvirt } from './libvirt.js';

const PATIENCE_MS = 60_000;
const { signal } = new AbortController();

describe('a snapshot of a guest that others handle', { skip: whyNoLab('libvirt-up.sh') }, () => {
  let libvirt: Libvirt;
  let plan: LibvirtPlan;
  let uuid: string;
  let directory: string;
  let site: Site;
  before(async () => {
    site = makeSite();
    // What is mounted later the lab's libvirtd does not see.
    directory = mkdtempSync(join(tmpdir(), 'palhm-small-'));
    run('mount', '-t', 'tmpfs', '-o', 'size=3M', 'tmpfs', directory);
    libvirt = await startLibvirt();
    const disks = ['a.raw', 'b.qcow2'].map((name) => join(libvirt.disks, name));
    await libvirt.start('guest', disks, 'bios');
    uuid = await virsh('domuuid', 'guest');
    plan = { ...PLAN, uri: libvirt.uri };
  });
  after(async () => {
    await libvirt?.remove();
    site.remove();
    run('umount', directory);
    rmdirSync(directory);
  });
  beforeEach(async () => {
    if ((await virsh('domstate', 'guest')) !== 'running') await virsh('start', 'guest');
  });

  const virsh = (...args: readonly string[]): Promise<string> => libvirt.virsh(...args);
  const take = async (more: Partial<LibvirtPlan> = {}): Promise<Snapshot> =>
    await takeSnapshot(
      await openProvider({ ...plan, ...more }),
      { run: randomUUID(), number: 0 },
      signal,
    );
  const assertClean = async (): Promise<void> => {
    assert.deepEqual(await remainsOf(libvirt.disks, [uuid]), []);
    const list = await virsh('domblklist', 'guest', '--details');
    assert.match(list, /vda +\S+a\.raw\n.*vdb +\S+b\.qcow2$/);
  };
  const tidy = async (): Promise<readonly Leftover[]> =>
    await (await openProvider(plan)).tidy(signal);
  const backUp = async (): Promise<Ended> => {
    const source = { type: 'libvirt', domain: 'guest', uri: libvirt.uri, 'offline-ok': true };
    const argv = ['head', '-c', '1024', { snapshot: { device: 'vda' } }];
    const task = {
      id: 'backup',
      type: 'backup',
      backend: 'localfs',
      'backend-param': { root: site.root },
      'object-groups': [{ id: 'g', snapshot: source }],
      objects: [{ path: 'o', group: 'g', pipeline: [{ type: 'exec-inline', argv }] }],
    };
    writeFileSync(site.config, JSON.stringify({ tasks: [task] }));
    return await callPalhm(['-f', site.config, 'run', 'backup']);
  };
  const merge = (...more: readonly string[]): Promise<string> =>
    virsh('blockcommit', 'guest', 'vda', '--active', ...more);

  it('is lost when somebody merges it while it is read', async () => {
    const snapshot = await take();
    const second = await take();
    await snapshot.confirm?.();
    await second.release();
    await snapshot.confirm?.();
    await merge('--wait');
    await assert.rejects(async () => snapshot.confirm?.(), {
      code: 'SNAPSHOT_LOST',
      message: /\.palhm-\S+ is merged into \S+a\.raw, which began while it was read$/,
    });
    await virsh('blockjob', 'guest', 'vda', '--abort');
    await merge('--pivot', '--delete');
    await assert.rejects(async () => snapshot.confirm?.(), {
      code: 'SNAPSHOT_LOST',
      message: /the overlay above \S+a\.raw, was removed while it was read$/,
    });
    await snapshot.release();
    await assertClean();
  });

  it('is lost when the guest writes again into what is read, and good when it is shut off only', async () => {
    const xml = join(libvirt.disks, 'guest.xml');
    writeFileSync(xml, await virsh('dumpxml', 'guest', '--inactive'));
    const snapshot = await take({ disks: ['vda'] });
    await virsh('destroy', 'guest');
    await snapshot.confirm?.();
    const overlaid = join(libvirt.disks, 'overlaid.xml');
    writeFileSync(overlaid, await virsh('dumpxml', 'guest', '--inactive'));
    await virsh('define', xml);
    await assert.rejects(async () => snapshot.confirm?.(), {
      code: 'SNAPSHOT_LOST',
      message: /was taken off the disk "vda" above \S+a\.raw while/,
    });
    await virsh('define', overlaid);
    await snapshot.release();
    await assertClean();
  });

  it('whose overlays have no space stops the guest, which runs on when they are merged', {
    timeout: PATIENCE_MS,
  }, async () => {
    await virsh('suspend', 'guest');
    const snapshot = await take({ directory });
    const { bavail, bsize } = statfsSync(directory);
    writeFileSync(join(directory, 'filler'), Buffer.alloc(bavail * bsize));
    await virsh('resume', 'guest');
    while ((await virsh('domstate', 'guest', '--reason')) !== 'paused (I/O error)');
    await snapshot.confirm?.();
    await snapshot.release();
    assert.equal(await virsh('domstate', 'guest'), 'running');
    assert.deepEqual(readdirSync(directory), ['filler']);
    rmSync(join(directory, 'filler'));
    await assertClean();
  });

  it('whose overlay no disk has any more is left, and each run says so until that is merged by hand', async () => {
    const xml = join(libvirt.disks, 'guest.xml');
    writeFileSync(xml, await virsh('dumpxml', 'guest', '--inactive'));
    const snapshot = await take({ directory, disks: ['vda'] });
    await virsh('define', xml);
    await virsh('destroy', 'guest');
    const [overlay = ''] = readdirSync(directory);
    const stray = {
      code: 'SNAPSHOT_LEFT',
      message: /vda\.palhm-\S+ is on no disk of the domain any more/,
    };
    const { hint } = await failureOf(snapshot.release(), stray);
    await failureOf(tidy(), stray);
    assert.deepEqual(readdirSync(directory), [overlay]);
    assert.equal((await backUp()).code, 3, 'the others can still be read');
    const [, command = ''] = /merge: (qemu-img .*); if/.exec(hint ?? '') ?? [];
    run('sh', '-c', command);
    assert.deepEqual(await tidy(), []);
    await virsh('start', 'guest');
    await assertClean();
  });

  it('that has an internal snapshot of somebody else in it is merged when that is gone', async () => {
    const snapshot = await take();
    await virsh('snapshot-create-as', 'guest', 'mine');
    await failureOf(snapshot.release(), {
      code: 'SNAPSHOT_LEFT',
      message: /has the snapshot "mine" of somebody else in it/,
    });
    await virsh('snapshot-revert', 'guest', 'mine');
    await virsh('snapshot-delete', 'guest', 'mine');
    assert.equal((await tidy()).length, 1);
    await assertClean();
  });

  it('of a guest whose state is saved meanwhile is merged when it was started again', async () => {
    for (const isManaged of [true, false]) {
      const state = join(libvirt.disks, 'state');
      const snapshot = await take();
      await (isManaged ? virsh('managedsave', 'guest') : virsh('save', 'guest', state));
      const saved = { code: 'SNAPSHOT_LEFT', message: /is named by the saved state of the guest/ };
      await failureOf(snapshot.release(), saved);
      await failureOf(tidy(), saved);
      await (isManaged ? virsh('start', 'guest') : virsh('restore', state));
      assert.equal((await tidy()).length, 1);
      await assertClean();
    }
  });
});

async function failureOf(work: Promise<unknown>, what: object): Promise<Failure> {
  let failure: unknown;
  await assert.rejects(
    work.catch((error: unknown) => {
      failure = error;
      throw error;
    }),
    what,
  );
  assert.ok(failure instanceof Failure);
  return failure;
}
