/** What becomes of a snapshot of libvirt while others do something with the guest. What it needs: libvirt.ts. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { LibvirtPlan } from '../../src/config/plan/snapshots/sources.js';
import type { Provider, Snapshot } from '../../src/snapshot/provider.js';
import { checkSource, openProvider } from '../../src/snapshot/registry.js';
import { whyNoLab } from './lab.js';
import { type Libvirt, PLAN, remainsOf, startLibvirt } from './libvirt.js';

const { signal } = new AbortController();

describe('a snapshot of a guest', { skip: whyNoLab('libvirt-up.sh') }, () => {
  let libvirt: Libvirt;
  let plan: LibvirtPlan;
  let provider: Provider;
  let uuid: string;
  let disk: string;
  let second: string;
  before(async () => {
    libvirt = await startLibvirt();
    disk = join(libvirt.disks, 'a.raw');
    second = join(libvirt.disks, 'b.qcow2');
    await libvirt.start('guest', [disk, second], 'bios');
    uuid = await virsh('domuuid', 'guest');
    plan = { ...PLAN, uri: libvirt.uri };
    provider = await openProvider(plan);
  });
  after(() => libvirt?.remove());
  beforeEach(async () => {
    if ((await virsh('domstate', 'guest')) !== 'running') await virsh('start', 'guest');
  });

  const virsh = (...args: readonly string[]): Promise<string> => libvirt.virsh(...args);
  const take = async (from = provider): Promise<Snapshot> => {
    const snapshot = await from.take({ run: randomUUID(), number: 0 }, signal);
    await snapshot.prepare?.(signal);
    return snapshot;
  };
  const assertClean = async (): Promise<void> => {
    assert.deepEqual(await remainsOf(libvirt.disks, [uuid]), []);
    for (const more of [[], ['--inactive']]) {
      const list = await virsh('domblklist', 'guest', '--details', ...more);
      assert.match(list, /vda +\S+a\.raw\n.*vdb +\S+b\.qcow2$/);
    }
  };
  const codeOf = async (what: Promise<unknown>): Promise<unknown> => {
    try {
      return await what;
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };

  it('that is shut off meanwhile is merged all the same, with what the guest has written', async () => {
    const snapshot = await take();
    const count = await counterIn(disk);
    await writesOn(libvirt);
    await virsh('destroy', 'guest');
    assert.match(await virsh('domblklist', 'guest'), /palhm-/, 'it is defined with its overlays');
    assert.equal(await counterIn(disk), count);
    await snapshot.release();
    await assertClean();
    assert.ok((await counterIn(disk)) > count);
    await virsh('start', 'guest');
  });

  it('that is shut off and started meanwhile runs on, and is merged', async () => {
    const snapshot = await take();
    await virsh('destroy', 'guest');
    await virsh('start', 'guest');
    await snapshot.release();
    await assertClean();
  });

  it('that is undefined meanwhile, and runs on, is merged', async () => {
    const xml = join(libvirt.disks, 'guest.xml');
    writeFileSync(xml, await virsh('dumpxml', 'guest', '--inactive'));
    const snapshot = await take();
    await virsh('undefine', 'guest');
    await snapshot.release();
    assert.deepEqual(await remainsOf(libvirt.disks, [uuid]), []);
    await virsh('define', xml);
    await assertClean();
  });

  it('that is off is read as it is where that is allowed, and cannot be started meanwhile', async () => {
    await virsh('destroy', 'guest');
    assert.equal(await codeOf(take()), 'SNAPSHOT_FAILED');
    for (const disks of [['vda'], ['vda', 'vdb']]) {
      const offline = await openProvider({ ...plan, offlineOk: true, disks });
      assert.equal(offline.still, undefined);
      const snapshot = await take(offline);
      assert.equal(
        await counterIn(snapshot.facts.volumes?.get('vda')?.device ?? ''),
        await counterIn(disk),
      );
      await assert.rejects(virsh('start', 'guest'), /Failed to get .*write.* lock/);
      await snapshot.release();
    }
    await virsh('start', 'guest');
    await assertClean();
  });

  it('that somebody has paused is neither paused nor resumed', async () => {
    assert.match(String(provider.still?.freeze), /suspend/, 'it has no agent');
    await virsh('suspend', 'guest');
    const again = await openProvider(plan);
    assert.equal(again.still, undefined);
    await (await take(again)).release();
    assert.equal(await virsh('domstate', 'guest'), 'paused');
    await virsh('resume', 'guest');
    await assertClean();
  });

  it('leaves the overlays of others, above and below, alone', async () => {
    const theirs = (name: string): readonly string[] => [
      'snapshot-create-as',
      'guest',
      '--disk-only',
      '--no-metadata',
      '--diskspec',
      `vda,file=${join(libvirt.disks, name)}`,
      '--diskspec',
      'vdb,snapshot=no',
    ];
    await virsh(...theirs('below'));
    const snapshot = await take();
    await virsh(...theirs('above'));
    await assert.rejects(snapshot.release(), (error: Error) => {
      assert.match(error.message, /is below \S+above, which somebody else has put/);
      return 'code' in error && error.code === 'SNAPSHOT_LEFT';
    });
    await assert.rejects(provider.tidy(signal), /is below/);
    await virsh('blockcommit', 'guest', 'vda', '--shallow', '--pivot', '--delete');
    assert.equal((await provider.tidy(signal)).length, 1);
    assert.match(await virsh('domblklist', 'guest'), /vda +\S+below\n/);
    await virsh('blockcommit', 'guest', 'vda', '--pivot', '--delete');
    await assertClean();
  });

  it('hands out the XML by which the domain is defined, also beside another snapshot', async () => {
    const first = await take();
    const snapshot = await take();
    const path = snapshot.facts.volumes?.get('domain.xml')?.path;
    const xml = readFileSync(path ?? '', 'utf8');
    assert.doesNotMatch(xml, /\.palhm-/);
    writeFileSync(join(libvirt.disks, 'copy.xml'), xml);
    for (const one of [snapshot, first]) await one.release();
    await virsh('destroy', 'guest');
    await virsh('undefine', 'guest');
    await virsh('define', join(libvirt.disks, 'copy.xml'));
    await virsh('start', 'guest');
    assert.equal(await virsh('domuuid', 'guest'), uuid);
    await assertClean();
  });

  it('is found impossible, with the reason', async () => {
    const problemsOf = async (more: Partial<LibvirtPlan>): Promise<readonly string[]> =>
      (await checkSource({ ...plan, ...more })).map(({ message }) => message);
    assert.deepEqual(await problemsOf({ domain: 'gast' }), ['There is no domain "gast".']);
    assert.deepEqual(await problemsOf({ disks: ['vdx'] }), ['The domain guest has no disk "vdx".']);
    assert.deepEqual(await problemsOf({ directory: '/not/there' }), [
      'There is no directory /not/there for the overlays.',
      'There is no directory /not/there for the overlays.',
    ]);
    assert.deepEqual(await problemsOf({ quiesce: 'agent' }), [
      'The agent in the domain guest does not answer.',
    ]);
    const [refused] = await problemsOf({ uri: 'qemu+unix:///system?socket=/not/there' });
    assert.match(refused ?? '', /^qemu\+unix:\S+ does not answer: .*No such file or directory/);
    const odd = join(libvirt.disks, 'odd.xml');
    writeFileSync(odd, ODD);
    await virsh('define', odd);
    assert.deepEqual(await problemsOf({ domain: 'odd', offlineOk: true, exclude: ['vdf'] }), [
      'The disk "vda" of the domain odd is shared with other domains.',
      'The disk "vdb" of the domain odd is of the type "network"; a file or a device is needed.',
      'The disk "vdc" of the domain odd has the format vmdk; raw or qcow2 is needed.',
      'The disk "vdd" of the domain odd is the device /dev/null, beside which nothing can be written.',
      'The disk "vde" of the domain odd is encrypted by libvirt.',
    ]);
    assert.deepEqual(
      await problemsOf({ domain: 'odd' }).then(([first]) => first),
      'The domain odd is off.',
    );
  });
});

const ODD = `
<domain type='qemu'><name>odd</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os><devices>
  <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/dev/null'/><target dev='vda'/><shareable/></disk>
  <disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='rbd' name='pool/image'/><target dev='vdb'/></disk>
  <disk type='file' device='disk'><driver name='qemu' type='vmdk'/><source file='/dev/null'/><target dev='vdc'/></disk>
  <disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/null'/><target dev='vdd'/></disk>
  <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/dev/null'><encryption format='luks'/></source><target dev='vde'/></disk>
  <disk type='file' device='disk'><driver name='qemu' type='qed'/><source file='/dev/null'/><target dev='vdf'/></disk>
  <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
</devices></domain>`;

/** What a guest of this kind counts up in its first disk, some times a second. */
async function counterIn(path: string): Promise<number> {
  const handle = await open(path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 512);
    return Number(buffer.toString('latin1'));
  } finally {
    await handle.close();
  }
}

/** Until the guest has written anew. */
async function writesOn({ virsh }: Libvirt): Promise<void> {
  const writes = async (): Promise<number> =>
    Number(/wr_req (\d+)/.exec(await virsh('domblkstat', 'guest', 'vda'))?.[1]);
  const first = await writes();
  while ((await writes()) < first + 2);
}
