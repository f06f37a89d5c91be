/** Needs root; Debian packages: btrfs-progs, mount. */
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'node:test';
import { type Btrfs, makeBtrfs, run, snapshotsIn, whyNoBtrfs } from '../../rig/btrfs.js';
import { makeScratch } from '../../rig/scratch.js';
import { describeProvider, type Planted, type SnapshotRig } from '../contract.js';

/** Where the subvolume and the directory of its snapshots are, of a new file system. */
type Layout = (btrfs: Btrfs) => { readonly subvolume: string; readonly directory: string };

const LAYOUTS: Readonly<Record<string, Layout>> = {
  'in the subvolume itself': ({ data }) => ({ subvolume: data, directory: data }),
  'in a directory elsewhere': ({ data, top }) => ({
    subvolume: data,
    directory: join(top, 'snapshots'),
  }),
  'where the top level is not reachable, by symbolic links': (btrfs) => {
    const links = makeScratch();
    symlinkSync(btrfs.mountAgain('subvol=data'), join(links, 'data'));
    symlinkSync('data', join(links, 'snapshots'));
    return { subvolume: join(links, 'data'), directory: join(links, 'snapshots') };
  },
  'in another mount of the file system, under an odd name': (btrfs) => ({
    subvolume: btrfs.mountAgain('subvol=data'),
    directory: join(btrfs.top, ' a\nb %s\\040 $x;"'),
  }),
  'of the top level': ({ top }) => ({ subvolume: top, directory: top }),
};

describe('btrfs', { skip: whyNoBtrfs() }, () => {
  for (const [where, layout] of Object.entries(LAYOUTS))
    describeProvider(`a snapshot of btrfs, ${where}`, () => Promise.resolve(makeRig(layout)));
});

function makeRig(layout: Layout): SnapshotRig {
  const btrfs = makeBtrfs();
  const { subvolume, directory } = layout(btrfs);
  mkdirSync(directory, { recursive: true });
  const other = join(btrfs.top, 'other');
  run('btrfs', 'subvolume', 'create', other);
  const source = { type: 'btrfs', subvolume, directory } as const;
  const planted = new Set<string>();
  return {
    source,
    other: { ...source, subvolume: other },
    nameOf: ({ run: id, number }) => `.palhm-snapshot.${id}.${number}`,
    gaps: subvolume === btrfs.top ? ['data', 'other'] : [],
    async write(name, text) {
      await writeFile(join(subvolume, '.new'), text, { flush: true });
      await rename(join(subvolume, '.new'), join(subvolume, name));
    },
    read: ({ path = '' }, name) => readFile(join(path, name), 'utf8').catch(() => undefined),
    remains: () => Promise.resolve(snapshotsIn(btrfs.top).filter((name) => !planted.has(name))),
    plant: (nameOf) =>
      Promise.resolve(
        plant(btrfs.top, { ...source, other }, () => {
          const name = nameOf();
          planted.add(name);
          return name;
        }),
      ),
    obstacles: {
      'a file system that is read-only': () => remount(btrfs.top),
      ...(isMountPoint(directory) ? {} : { 'no directory': () => hide(directory) }),
      ...(isMountPoint(subvolume) ? {} : { 'no subvolume': () => hide(subvolume) }),
    },
    keepFromRemoving: () => remount(btrfs.top),
    cleanup: () => Promise.resolve(btrfs.remove()),
  };
}

function isMountPoint(path: string): boolean {
  return run('findmnt', '-no', 'TARGET', '--target', path) === path;
}

function remount(top: string): Promise<() => Promise<void>> {
  run('mount', '-o', 'remount,ro', top);
  return Promise.resolve(async () => void run('mount', '-o', 'remount,rw', top));
}

async function hide(path: string): Promise<() => Promise<void>> {
  await rename(path, `${path}.hidden`);
  return () => rename(`${path}.hidden`, path);
}

interface Ground {
  readonly subvolume: string;
  readonly directory: string;
  readonly other: string;
}

/** What has a name of ours and is something else, or is a snapshot and has nearly such a name. */
function plant(
  top: string,
  { subvolume, directory, other }: Ground,
  nameOf: () => string,
): Planted {
  const subvolumes = {
    writable: join(directory, nameOf()),
    'of another subvolume': join(directory, nameOf()),
    'no snapshot': join(directory, nameOf()),
    'by hand': join(top, 'by-hand'),
    'nearly so called': join(directory, `${nameOf()}x`),
  };
  const others = {
    directory: join(directory, nameOf()),
    file: join(directory, nameOf()),
    link: join(directory, nameOf()),
  };
  const btrfs = (...args: readonly string[]): void => void run('btrfs', 'subvolume', ...args);
  btrfs('snapshot', subvolume, subvolumes.writable);
  btrfs('snapshot', '-r', other, subvolumes['of another subvolume']);
  btrfs('create', subvolumes['no snapshot']);
  btrfs('snapshot', '-r', subvolume, subvolumes['by hand']);
  btrfs('snapshot', '-r', subvolume, subvolumes['nearly so called']);
  mkdirSync(others.directory);
  writeFileSync(others.file, '');
  symlinkSync(subvolumes['by hand'], others.link);
  const all = Object.entries({ ...subvolumes, ...others });
  return {
    there: () => Promise.resolve(all.flatMap(([what, path]) => (existsSync(path) ? [what] : []))),
    async remove() {
      for (const path of Object.values(subvolumes)) btrfs('delete', path);
      for (const path of Object.values(others)) rmSync(path, { recursive: true });
    },
  };
}
