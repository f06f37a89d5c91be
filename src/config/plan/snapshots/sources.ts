/** What a snapshot can be taken of: a closed union of plain data, each kind resolved in a file of its own. */
export type SnapshotSource = BtrfsPlan | FsPlan | LvmPlan;

/** A subvolume, of which a read-only snapshot is taken. */
export interface BtrfsPlan {
  readonly type: 'btrfs';
  /** Absolute. */
  readonly subvolume: string;
  /** Absolute: where the snapshot is made. */
  readonly directory: string;
}

/** A file system, which is frozen while it is read. */
export interface FsPlan {
  readonly type: 'fs';
  /** Absolute: the directory that it is mounted on. */
  readonly mount: string;
}

/** Logical volumes: at least one. Those of several show one instant. */
export interface LvmPlan {
  readonly type: 'lvm';
  readonly volumes: readonly LvmVolumePlan[];
}

export interface LvmVolumePlan {
  /** `group/volume`. */
  readonly volume: string;
  /** Bytes that may change in it meanwhile: a classic snapshot. Null: a thin one. */
  readonly size: number | null;
  /** Null: its device is read. */
  readonly mount: MountPlan | null;
}

export interface MountPlan {
  readonly options: readonly string[];
}

/** What is known of a snapshot, where its kind has it. */
export type SnapshotFact = 'path' | 'device' | 'name';
