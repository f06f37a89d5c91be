/** The only file that knows every kind of snapshot. */
import type { SnapshotSource } from '../config/plan/snapshots/sources.js';
import type { Entrances } from '../exec/facts.js';
import { describeVolumes } from './lvm/names.js';
import type { Problem, Provider, ResolveKey } from './provider.js';

type Type = SnapshotSource['type'];
type SourceOf<T extends Type> = Extract<SnapshotSource, { type: T }>;

function resolveNone(): Promise<string> {
  return Promise.reject(new Error('nothing gives keys here'));
}

interface Kind<T extends Type> {
  /** For people: what it takes a snapshot of. */
  readonly description: string;
  /** One line for people: what it takes it of here. */
  readonly describe: (source: SourceOf<T>) => string;
  /** Loads the code of the kind when it is first used, as the next. `written`: where palhm itself has to write meanwhile. */
  readonly open: (
    source: SourceOf<T>,
    written: readonly string[],
    resolve: ResolveKey,
  ) => Promise<Provider>;
  readonly check: (source: SourceOf<T>, written: readonly string[]) => Promise<readonly Problem[]>;
  /** How programs are started in what it is of, before there is a snapshot as well. */
  readonly enter?: (source: SourceOf<T>) => Promise<Entrances>;
}

/** This does not compile when a kind of source has no provider. */
const PROVIDERS: { readonly [T in Type]: Kind<T> } = {
  btrfs: {
    description: 'a read-only snapshot of a btrfs subvolume',
    describe: ({ subvolume }) => `the btrfs subvolume ${subvolume}`,
    open: async (source) => (await import('./btrfs/btrfs.js')).openBtrfs(source),
    check: async (source) => (await import('./btrfs/check.js')).checkBtrfs(source),
  },
  fs: {
    description: 'a file system that is frozen while it is read',
    describe: ({ mount }) => `the file system mounted on ${mount}`,
    open: async (source, written) => (await import('./fs/fs.js')).openFs(source, written),
    check: async (source, written) => (await import('./fs/check.js')).checkFs(source, written),
  },
  lvm: {
    description: 'snapshots of LVM volumes, classic and thin',
    describe: describeVolumes,
    open: async (source, _, resolve) => (await import('./lvm/lvm.js')).openLvm(source, resolve),
    check: async (source) => (await import('./lvm/check.js')).checkLvm(source),
  },
  lxd: {
    description:
      'a clone of a running container of LXD or Incus, in which programs run, or a snapshot',
    describe: ({ instance, project }) =>
      `the container ${instance}${project === undefined ? '' : ` of project ${project}`}`,
    open: async (source) => (await import('./lxd/lxd.js')).openLxd(source),
    check: async (source) => (await import('./lxd/check.js')).checkLxd(source),
    enter: async (source) => (await import('./lxd/entrance.js')).enterInstance(source),
  },
  libvirt: {
    description: 'the disks of a virtual machine of libvirt, by external snapshots',
    describe: ({ domain }) => `the domain ${domain}`,
    open: async (source) => (await import('./libvirt/libvirt.js')).openLibvirt(source),
    check: async (source) => (await import('./libvirt/check.js')).checkLibvirt(source),
  },
};

/**
 * The kind of a source. The compiler cannot see that what it finds by the type of a source takes that source, once there are
 * several of them.
 */
function kindOf<T extends Type>({ type }: { readonly type: T }): Kind<T> {
  return PROVIDERS[type];
}

/** For people. */
export function describeSource(source: SnapshotSource): string {
  return kindOf<Type>(source).describe(source);
}

/** `written`: absolute paths that palhm has to be able to write to while the snapshot is there. `resolve`: the text of a key. */
export function openProvider(
  source: SnapshotSource,
  written: readonly string[] = [],
  resolve: ResolveKey = resolveNone,
): Promise<Provider> {
  return kindOf<Type>(source).open(source, written, resolve);
}

/** Why this host cannot take it; nothing is changed. */
export function checkSource(
  source: SnapshotSource,
  written: readonly string[] = [],
): Promise<readonly Problem[]> {
  return kindOf<Type>(source).check(source, written);
}

export async function findEntrances(source: SnapshotSource): Promise<Entrances> {
  return (await kindOf<Type>(source).enter?.(source)) ?? {};
}

/** Every kind that is built in. */
export function listSnapshotKinds(): readonly {
  readonly name: string;
  readonly description: string;
}[] {
  return Object.entries(PROVIDERS).map(([name, { description }]) => ({ name, description }));
}
