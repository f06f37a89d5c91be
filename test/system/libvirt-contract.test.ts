/** The contract of snapshots, held against those of libvirt. What it needs: libvirt.ts. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'node:test';
import type { LibvirtPlan } from '../../src/config/plan/snapshots/sources.js';
import type { SnapshotFacts } from '../../src/exec/facts.js';
import { run } from '../rig/btrfs.js';
import { describeProvider, type Planted, type SnapshotRig } from '../snapshot/contract.js';
import { whyNoLab } from './lab.js';
import { type Libvirt, PLAN, remainsOf, startLibvirt } from './libvirt.js';

/** The disks of the guest, in order, and what the config says of them. */
interface Layout {
  readonly files: readonly [string, string];
  readonly wishes: Partial<LibvirtPlan>;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  'of a raw disk and one that is qcow2': { files: ['one.raw', 'two.qcow2'], wishes: {} },
  'of one of two disks, with overlays elsewhere, under odd names': {
    files: ['on,e %s.qcow2', 'two.raw'],
    wishes: { disks: ['vda'], directory: 'a,b %s' },
  },
};

const skip = whyNoLab('libvirt-up.sh');
// One after the other: a host has one libvirtd.
for (const [what, layout] of Object.entries(LAYOUTS))
  describe(`libvirt, ${what}`, { skip }, () => {
    describeProvider(`a snapshot of libvirt, ${what}`, () => makeRig(layout));
  });

const SECTOR = 512;
/** Where a file is: on which of the disks, and in which sector, since a sector is written whole. */
const PLACES: Readonly<Record<string, { readonly disk: number; readonly sector: number }>> = {
  file: { disk: 0, sector: 1 },
  new: { disk: 1, sector: 1 },
  first: { disk: 0, sector: 3 },
  second: { disk: 1, sector: 3 },
};

async function makeRig(layout: Layout): Promise<SnapshotRig> {
  const libvirt = await startLibvirt();
  try {
    return await rigOn(libvirt, layout);
  } catch (error) {
    await libvirt.remove();
    throw error;
  }
}

async function rigOn(libvirt: Libvirt, { files, wishes }: Layout): Promise<SnapshotRig> {
  const { disks, uri, virsh } = libvirt;
  const directory = wishes.directory && join(disks, wishes.directory);
  if (directory !== undefined) mkdirSync(directory);
  await libvirt.start(
    'guest',
    files.map((file) => join(disks, file)),
  );
  await libvirt.start('other', [join(disks, 'other.raw')], 'bios');
  // One that holds nothing: a guest of this kind needs no disk.
  for (const disk of ['vda', 'vdb'])
    await libvirt.inGuest(
      'guest',
      `dd if=/dev/zero of=/dev/${disk} bs=${SECTOR} count=8 conv=fsync`,
    );
  const source: LibvirtPlan = {
    ...PLAN,
    uri,
    ...wishes,
    directory,
  };
  const uuids = [await virsh('domuuid', 'guest'), await virsh('domuuid', 'other')];
  const planted = new Set<string>();
  const disksRead = wishes.disks ?? ['vda', 'vdb'];
  const place = (name: string) => {
    const { disk, sector } = PLACES[name] ?? { disk: 0, sector: 5 };
    return { target: disksRead[disk % disksRead.length] ?? '', sector: sector + disk };
  };
  return {
    source,
    other: { ...source, domain: 'other', disks: undefined },
    nameOf: ({ run: id, number }) => `palhm-${id}.${number}`,
    // A minute for both layouts.
    ...(process.env['PALHM_SOAK'] === undefined ? { rounds: 2 } : {}),
    gaps: [],
    async write(name, text) {
      const { target, sector } = place(name);
      const pad = `printf '%-${SECTOR}s' '${text}'`;
      await libvirt.inGuest(
        'guest',
        `${pad} | dd of=/dev/${target} bs=${SECTOR} seek=${sector} conv=fsync`,
      );
    },
    read: (facts, name) => readSector(facts, place(name)),
    remains: async () => (await remainsOf(disks, uuids)).filter((name) => !planted.has(name)),
    plant: (nameOf) =>
      Promise.resolve(
        plant(directory ?? disks, join(disks, files[0]), () => {
          const name = nameOf();
          planted.add(name);
          return name;
        }),
      ),
    obstacles: {
      'libvirt does not answer': () => libvirt.hide(),
      'a guest that is off': () => shutOff(libvirt),
      'a disk that is used in another way': () => copyDisk(libvirt),
    },
    keepFromRemoving: () => libvirt.hide(),
    cleanup: () => libvirt.remove(),
  };
}

async function readSector(
  { device, volumes }: SnapshotFacts,
  { target, sector }: { readonly target: string; readonly sector: number },
): Promise<string | undefined> {
  const path = device ?? volumes?.get(target)?.device;
  const handle = await open(path ?? '');
  try {
    const { buffer } = await handle.read(Buffer.alloc(SECTOR), 0, SECTOR, sector * SECTOR);
    const text = buffer.toString('latin1').replace(/[ \0]+$/, '');
    return text === '' ? undefined : text;
  } finally {
    await handle.close();
  }
}

async function shutOff({ virsh, restart }: Libvirt): Promise<() => Promise<void>> {
  await virsh('destroy', 'guest');
  // The contract keeps the source still by what was found when the provider was opened: the agent, which has to be there again.
  return () => restart('guest');
}

async function copyDisk({ virsh, disks }: Libvirt): Promise<() => Promise<void>> {
  const copy = join(disks, 'copy');
  await virsh('blockcopy', 'guest', 'vda', copy, '--transient-job', '--wait');
  return async () => {
    await virsh('blockjob', 'guest', 'vda', '--abort');
    rmSync(copy);
  };
}

/** What has a name of ours and is no overlay of the guest. */
function plant(directory: string, disk: string, nameOf: () => string): Planted {
  const path = (suffix = ''): string => join(directory, `guest.vda.${nameOf()}${suffix}`);
  const paths = {
    file: path(),
    directory: path(),
    link: path(),
    overlay: path(),
    nearly: path('x'),
  };
  writeFileSync(paths.file, '');
  mkdirSync(paths.directory);
  symlinkSync(disk, paths.link);
  for (const overlay of [paths.overlay, paths.nearly])
    run('qemu-img', 'create', '-q', '-u', '-f', 'qcow2', '-F', 'raw', '-b', disk, overlay, '40M');
  const names = new Set(readdirSync(directory));
  return {
    there: () =>
      Promise.resolve(
        readdirSync(directory).filter((name) => names.has(name) && name.includes('palhm')),
      ),
    async remove() {
      for (const one of Object.values(paths)) rmSync(one, { recursive: true });
    },
  };
}
