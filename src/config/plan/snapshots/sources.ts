/** What a snapshot can be taken of: a closed union of plain data, each kind resolved in a file of its own. */
import type { PartStep } from './part.js';

export type SnapshotSource = BtrfsPlan | FsPlan | LvmPlan | LxdPlan | LibvirtPlan;

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
  /** The steps to the part of it that is read; empty: the whole. */
  readonly part: readonly PartStep[];
  /** Null: its device is read. */
  readonly mount: MountPlan | null;
}

export interface MountPlan {
  readonly options: readonly string[];
}

/** A container of LXD or Incus: a copy of it is started, or a snapshot of it is read. */
export interface LxdPlan {
  readonly type: 'lxd';
  readonly instance: string;
  /** Undefined: the default one. */
  readonly project: string | undefined;
  readonly mode: 'clone' | 'snapshot';
  /** Whether LXD itself removes the clone when that stops. */
  readonly ephemeral: boolean;
  /** Added to the profiles of the instance, in order, and taken from them. */
  readonly profiles: readonly ProfileChange[];
  /** Of every program in the clone. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; undefined: that of the LXD or Incus of this host. */
  readonly socket: string | undefined;
  /** The program that runs commands in an instance; undefined: that of the socket. */
  readonly client: string | undefined;
}

export interface ProfileChange {
  readonly action: 'add' | 'remove';
  readonly name: string;
}

export interface LibvirtMountPlan extends MountPlan {
  /** The target of the disk. */
  readonly disk: string;
  /** The way from the disk to the file system; empty: it is on the disk itself. */
  readonly part: readonly Extract<PartStep, { readonly type: 'partition' }>[];
}

/** The disks of a virtual machine, by external snapshots of libvirt. */
export interface LibvirtPlan {
  readonly type: 'libvirt';
  /** Its name or its UUID. */
  readonly domain: string;
  /** Of the connection; undefined: the default of virsh. */
  readonly uri: string | undefined;
  /** The targets of those that are read, such as `vda`; undefined: all. */
  readonly disks: readonly string[] | undefined;
  readonly exclude: readonly string[];
  /** Where what the guest writes meanwhile is kept; undefined: beside each disk. */
  readonly directory: string | undefined;
  /** File systems on the disks that are mounted on this host. */
  readonly mounts: readonly LibvirtMountPlan[];
  /** `auto`: by the agent in the guest where it answers, else by a pause. */
  readonly quiesce: 'auto' | 'agent' | 'suspend' | 'none';
  /** Whether a guest that is off is read as it is. */
  readonly offlineOk: boolean;
}

/** Where a program can run beside the host itself: in the snapshot, or in the running thing that the snapshot is of. */
export type Inside = 'snapshot' | 'instance';
