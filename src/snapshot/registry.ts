/** The only file that knows every kind of snapshot. */
import type { SnapshotSource } from '../config/plan/snapshots/sources.js';
import type { Problem, Provider } from './provider.js';

type Type = SnapshotSource['type'];
type SourceOf<T extends Type> = Extract<SnapshotSource, { type: T }>;

interface Kind<T extends Type> {
  /** For people: what it takes a snapshot of. */
  readonly description: string;
  /** One line for people: what it takes it of here. */
  readonly describe: (source: SourceOf<T>) => string;
  /** Loads the code of the kind when it is first used, as the next. */
  readonly open: (source: SourceOf<T>) => Promise<Provider>;
  readonly check: (source: SourceOf<T>) => Promise<readonly Problem[]>;
}

/** This does not compile when a kind of source has no provider. */
const PROVIDERS: { readonly [T in Type]: Kind<T> } = {
  btrfs: {
    description: 'a read-only snapshot of a btrfs subvolume',
    describe: ({ subvolume }) => `the btrfs subvolume ${subvolume}`,
    open: async (source) => (await import('./btrfs/btrfs.js')).openBtrfs(source),
    check: async (source) => (await import('./btrfs/check.js')).checkBtrfs(source),
  },
};

/** For people. */
export function describeSource(source: SnapshotSource): string {
  return PROVIDERS[source.type].describe(source);
}

export function openProvider(source: SnapshotSource): Promise<Provider> {
  return PROVIDERS[source.type].open(source);
}

/** Why this host cannot take it; nothing is changed. */
export function checkSource(source: SnapshotSource): Promise<readonly Problem[]> {
  return PROVIDERS[source.type].check(source);
}

/** Every kind that is built in. */
export function listSnapshotKinds(): readonly {
  readonly name: string;
  readonly description: string;
}[] {
  return Object.entries(PROVIDERS).map(([name, { description }]) => ({ name, description }));
}
