/** For the packages see test/rig/lvm.ts. Runs in a guest: test/system/lvm.test.ts. */
import { readdirSync } from 'node:fs';
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'node:test';
import type { LvmPlan, LvmVolumePlan } from '../../../src/config/plan/snapshots/sources.js';
import { TAG, tagOfHost } from '../../../src/snapshot/lvm/names.js';
import { PLACE } from '../../../src/snapshot/lvm/place.js';
import { type Lvm, makeLvm, run, snapshotMounts } from '../../rig/lvm.js';
import { describeProvider, type Planted, type SnapshotRig } from '../contract.js';

const SIZE = 8 * 1024 ** 2;
const MOUNT = { options: ['noatime'] };

interface Kind {
  /** Of the source, and of another. */
  readonly make: (lvm: Lvm) => readonly [Source, Source];
}

interface Source {
  readonly volumes: readonly LvmVolumePlan[];
  /** Where its file systems are mounted: what is called `second` is in the last. */
  readonly paths: readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  'classic, of ext4': {
    make: (lvm) => [
      source(lvm, [{ name: 'a', path: lvm.add('a', ['-L', '64M', lvm.group], 'ext4') }]),
      source(lvm, [{ name: 'b', path: lvm.add('b', ['-L', '64M', lvm.group], 'ext4') }]),
    ],
  },
  'thin, of ext4': {
    make(lvm) {
      const pool = `${lvm.group}/pool`;
      run('lvcreate', '-qq', '-y', '-L', '200M', '-T', pool);
      const add = (name: string) => lvm.add(name, ['-V', '64M', '-T', pool], 'ext4');
      return [
        source(lvm, [{ name: 'a', path: add('a') }], null),
        source(lvm, [{ name: 'b', path: add('b') }], null),
      ];
    },
  },
  'of two volumes, one of them XFS': {
    make(lvm) {
      const first = { name: 'a-1', path: lvm.add('a-1', ['-L', '64M', lvm.group], 'ext4') };
      const second = { name: 'a-2', path: lvm.add('a-2', ['-L', '320M', lvm.group], 'xfs') };
      const other = { name: 'b', path: lvm.add('b', ['-L', '64M', lvm.group], 'ext4') };
      return [source(lvm, [first, second]), source(lvm, [other])];
    },
  },
};

function source(
  { group }: Lvm,
  volumes: readonly { readonly name: string; readonly path: string }[],
  size: number | null = SIZE,
): Source {
  return {
    volumes: volumes.map(({ name }) => ({
      volume: `${group}/${name}`,
      size,
      part: [],
      mount: MOUNT,
    })),
    paths: volumes.map(({ path }) => path),
  };
}

/** Programs start so slowly in the guest that the others would take CI minutes each. */
const [FIRST] = Object.keys(KINDS);
const IS_SOAK = process.env['PALHM_SOAK'] !== undefined;

describe('lvm', () => {
  for (const [what, kind] of Object.entries(KINDS).filter(([name]) => IS_SOAK || name === FIRST))
    describeProvider(`a snapshot of LVM, ${what}`, () => Promise.resolve(makeRig(kind)));
});

function makeRig({ make }: Kind): SnapshotRig {
  const lvm = makeLvm();
  const [own, other] = make(lvm);
  const plan: LvmPlan = { type: 'lvm', volumes: own.volumes };
  const first = own.volumes[0]?.volume ?? '';
  const planted = new Set<string>();
  const placeOf = (name: string): number => (name === 'second' ? own.paths.length - 1 : 0);
  const named = ({ run: id, number }: { run: string; number: number }, index = 0): string =>
    `${lvm.group}/palhm.${id}.${number}.${index}`;
  return {
    source: plan,
    other: { type: 'lvm', volumes: other.volumes },
    // An emulated guest starts few programs a second.
    rounds: Number(process.env['PALHM_SOAK'] ?? 1),
    killWithinMs: 4000,
    nameOf: (name) => named(name),
    gaps: [],
    async write(name, text) {
      const path = own.paths[placeOf(name)] ?? '';
      await writeFile(join(path, '.new'), text, { flush: true });
      await rename(join(path, '.new'), join(path, name));
    },
    read({ volumes }, name) {
      const path = volumes?.get(own.volumes[placeOf(name)]?.volume ?? '')?.path ?? '';
      return readFile(join(path, name), 'utf8').catch(() => undefined);
    },
    remains: () => Promise.resolve(remains(lvm, own.volumes.length, planted)),
    plant: (nameOf) =>
      Promise.resolve(
        plant(lvm, { origin: first, other: other.volumes[0]?.volume ?? '' }, () => {
          const name = nameOf();
          planted.add(name).add(`${name}x`);
          return name;
        }),
      ),
    obstacles: {
      'no volume': () => hide(first),
      ...(own.volumes[0]?.size === null
        ? {}
        : { 'no space in the group': () => fill(lvm, own.volumes.length) }),
    },
    keepFromRemoving: keepBusy,
    cleanup: () => Promise.resolve(lvm.remove()),
  };
}

/** Of each snapshot the name of its first volume, and of what should not be there alone whatever it is. */
function remains(lvm: Lvm, count: number, planted: ReadonlySet<string>): readonly string[] {
  const ours = lvm
    .list()
    .map((name) => `${lvm.group}/${name}`)
    .filter((name) => name.includes('/palhm.') && !planted.has(name));
  const whole = ours.filter((name) => name.endsWith('.0'));
  const parts = new Set(
    whole.flatMap((name) =>
      Array.from({ length: count }, (_, index) => name.replace(/0$/, `${index}`)),
    ),
  );
  const names = new Set(whole.map((name) => name.slice(lvm.group.length + 1, -'.0'.length)));
  const places = readdirSync(PLACE).filter((name) => name !== 'lock' && !names.has(name));
  const mounts = snapshotMounts().filter(
    (path) => !names.has(path.slice(PLACE.length + 1).split('/')[0] ?? ''),
  );
  return [...whole, ...ours.filter((name) => !parts.has(name)), ...places, ...mounts].toSorted();
}

function hide(volume: string): Promise<() => Promise<void>> {
  run('lvrename', volume, `${volume}.hidden`);
  return Promise.resolve(async () => void run('lvrename', `${volume}.hidden`, volume));
}

/** But for one snapshot of one volume. */
function fill(lvm: Lvm, count: number): Promise<() => Promise<void>> {
  const volume = `${lvm.group}/fill`;
  run('lvcreate', '-qq', '-y', '-n', 'fill', '-l', '100%FREE', lvm.group);
  if (count > 1) run('lvreduce', '-qq', '-y', '-L', `-${SIZE}b`, volume);
  return Promise.resolve(async () => void run('lvremove', '-qq', '-y', volume));
}

async function keepBusy(): Promise<() => Promise<void>> {
  const handles = await Promise.all(snapshotMounts().map((path) => open(path)));
  return async () => {
    for (const handle of handles) await handle.close();
  };
}

/** What has a name of ours and is something else, or is a snapshot and has nearly such a name. */
function plant(
  { group }: Lvm,
  { origin, other }: { readonly origin: string; readonly other: string },
  nameOf: () => string,
): Planted {
  const tags = [TAG, tagOfHost()].flatMap((tag) => ['--addtag', tag]);
  const made = new Map<string, string>();
  const make = (what: string, of: string, { name = nameOf(), tagged = true } = {}): void => {
    made.set(what, name);
    const own = name.slice(group.length + 1);
    run('lvcreate', '-qq', '-y', '-s', '-L', '4M', '-n', own, ...(tagged ? tags : []), of);
  };
  make('without a tag', origin, { tagged: false });
  make('of another volume', other);
  make('nearly so called', origin, { name: `${nameOf()}x` });
  return {
    there: () => {
      const all = new Set(run('lvs', '--noheadings', '-o', 'lv_full_name', group).split(/\s+/));
      return Promise.resolve([...made].flatMap(([what, name]) => (all.has(name) ? [what] : [])));
    },
    async remove() {
      run('lvremove', '-qq', '-y', ...made.values());
    },
  };
}
