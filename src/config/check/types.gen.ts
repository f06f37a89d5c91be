/* Made from schema/palhm.schema.json by schema/generate.mjs. Do not edit. */

/**
 * The name that others refer to this one by. Unique among its kind.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "id".
 */
export type Id = string;
/**
 * A string, taken literally, or a reference that is resolved when the program starts.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "value".
 */
export type Value =
  | string
  | {
      /**
       * The value of this variable in palhm's own environment.
       */
      env?: string;
      /**
       * Whether the value of "env" is hidden wherever palhm shows it. Default true.
       */
      secret?: boolean;
      /**
       * The text of this file, without its final newline: not empty, UTF-8 without a byte order mark. Always secret. A relative path is resolved from the directory of the config file.
       */
      file?: string;
      /**
       * The text of this file below $CREDENTIALS_DIRECTORY, where systemd puts credentials: not empty, UTF-8 without a byte order mark. Always secret.
       */
      credential?: string;
      /**
       * A fact of the run: the prefix of the copy, the id of the task, the path of the object, the name of the host; in a drill, its scratch directory.
       */
      run?: 'prefix' | 'task' | 'object' | 'host' | 'directory';
      /**
       * Of the snapshot of the object's group: where its files are, its device, its name. Where it is of several volumes, the one is named.
       */
      snapshot?:
        | string
        | {
            /**
             * Where the files of this volume are.
             */
            path?: string;
            /**
             * The device of this volume.
             */
            device?: string;
            /**
             * The name of the snapshot of this volume.
             */
            name?: string;
          };
      /**
       * Values, joined without anything between them.
       */
      concat?: Value[];
    };
/**
 * The program and its arguments. No shell sees them. The program is a plain string, looked up in PATH unless it has a slash.
 *
 * @minItems 1
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "argv".
 */
export type Argv = Value[];
/**
 * The exit codes that count as success: "0" (default), "==0", "<2", "<=1", "0-1", ">=0", ">0".
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "ec".
 */
export type Ec = string;
/**
 * The verbosity from which on what the program prints on stdout is shown. Default 3. No effect inside a pipeline, where stdout is data.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "vlStdout".
 */
export type VlStdout = number;
/**
 * The verbosity from which on what the program prints on stderr is shown. Default 1.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "vlStderr".
 */
export type VlStderr = number;
/**
 * Signals a death by which counts as success: names, with or without SIG, or numbers.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "signals".
 */
export type Signals = (string | number)[];
/**
 * The directory to start the program in. A relative one is resolved from the directory of the config file. Default: that of palhm, or / when "user" may not enter it.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "cwd".
 */
export type Cwd = string;
/**
 * How long the program may run before it is stopped and the task fails.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "timeout".
 */
export type Timeout = string;
/**
 * CPU priority, from -20 (first) to 19 (last).
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "nice".
 */
export type Nice = number;
/**
 * I/O priority: "idle", "best-effort" or "realtime", the last two with a level ":0" (first) to ":7" (last).
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "ionice".
 */
export type Ionice = string;
/**
 * The user to run the program as. Takes palhm running as root.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "user".
 */
export type User = string;
/**
 * Something that can be run.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "task".
 */
export type Task = BackupTask | RoutineTask;
/**
 * Objects, and where their copies are kept.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "backupTask".
 */
export type BackupTask = LocalfsTask | NullTask | S3Task;
/**
 * Tells a backup from a routine.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "backupType".
 */
export type BackupType = 'backup';
/**
 * How many copies to keep at most. A decimal of any size, or "inf", "Infinity" or a negative of them for no limit. Default: no limit.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "copyLimit".
 */
export type CopyLimit = number | string;
/**
 * How many bytes of copies to keep at most. As "nb-copy-limit", with units.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "sizeLimit".
 */
export type SizeLimit = number | string;
/**
 * How old the newest copy may be before `palhm status` calls the backup stale. Default: no limit.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "maxAge".
 */
export type MaxAge = string;
/**
 * A string, taken literally, or a reference that is resolved when the program starts.
 */
export type Value1 =
  | string
  | {
      /**
       * The value of this variable in palhm's own environment.
       */
      env?: string;
      /**
       * Whether the value of "env" is hidden wherever palhm shows it. Default true.
       */
      secret?: boolean;
      /**
       * The text of this file, without its final newline: not empty, UTF-8 without a byte order mark. Always secret. A relative path is resolved from the directory of the config file.
       */
      file?: string;
      /**
       * The text of this file below $CREDENTIALS_DIRECTORY, where systemd puts credentials: not empty, UTF-8 without a byte order mark. Always secret.
       */
      credential?: string;
      /**
       * A fact of the run: the prefix of the copy, the id of the task, the path of the object, the name of the host; in a drill, its scratch directory.
       */
      run?: 'prefix' | 'task' | 'object' | 'host' | 'directory';
      /**
       * Of the snapshot of the object's group: where its files are, its device, its name. Where it is of several volumes, the one is named.
       */
      snapshot?:
        | string
        | {
            /**
             * Where the files of this volume are.
             */
            path?: string;
            /**
             * The device of this volume.
             */
            device?: string;
            /**
             * The name of the snapshot of this volume.
             */
            name?: string;
          };
      /**
       * Values, joined without anything between them.
       */
      concat?: Value[];
    };
/**
 * The objects of the group read a snapshot: the state of a volume or a machine at one instant. It is taken before the first of them, and removed after the last.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "snapshot".
 */
export type Snapshot = BtrfsSnapshot | FsSnapshot | LvmSnapshot | LxdSnapshot | LibvirtSnapshot;
/**
 * One stage of a pipeline.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "pipelineElement".
 */
export type PipelineElement = ExecElement | ExecAppendElement | ExecInlineElement;
/**
 * The id of an exec defined under "execs".
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "execId".
 */
export type ExecId = string;
/**
 * Where it runs, in place of the host: in the clone of a container ("snapshot"), or in the container itself ("instance"). The snapshot of the group has to be of type "lxd".
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "in".
 */
export type In = 'snapshot' | 'instance';
/**
 * Arguments to append to those of the exec.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "moreArgv".
 */
export type MoreArgv = Value[];
/**
 * Programs to run as soon as the snapshot is there, before the first object, in order. When one fails, the group has failed.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "afterSnapshot".
 */
export type AfterSnapshot = PipelineElement[];
/**
 * The logical volume: the name of its group, a slash, and its own.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "lvmVolumeName".
 */
export type LvmVolumeName = string;
/**
 * How much may change in the volume while the snapshot is there: so much of the group's free space it takes. A thin volume needs none: then its snapshot shares its pool.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "lvmSize".
 */
export type LvmSize = number | string;
/**
 * Leads from a device to one in it.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "partStep".
 */
export type PartStep = PartitionStep | LuksStep | InnerLvmStep;
/**
 * A string, taken literally, or a reference that is resolved when the program starts.
 */
export type Value2 =
  | string
  | {
      /**
       * The value of this variable in palhm's own environment.
       */
      env?: string;
      /**
       * Whether the value of "env" is hidden wherever palhm shows it. Default true.
       */
      secret?: boolean;
      /**
       * The text of this file, without its final newline: not empty, UTF-8 without a byte order mark. Always secret. A relative path is resolved from the directory of the config file.
       */
      file?: string;
      /**
       * The text of this file below $CREDENTIALS_DIRECTORY, where systemd puts credentials: not empty, UTF-8 without a byte order mark. Always secret.
       */
      credential?: string;
      /**
       * A fact of the run: the prefix of the copy, the id of the task, the path of the object, the name of the host; in a drill, its scratch directory.
       */
      run?: 'prefix' | 'task' | 'object' | 'host' | 'directory';
      /**
       * Of the snapshot of the object's group: where its files are, its device, its name. Where it is of several volumes, the one is named.
       */
      snapshot?:
        | string
        | {
            /**
             * Where the files of this volume are.
             */
            path?: string;
            /**
             * The device of this volume.
             */
            device?: string;
            /**
             * The name of the snapshot of this volume.
             */
            name?: string;
          };
      /**
       * Values, joined without anything between them.
       */
      concat?: Value[];
    };
/**
 * Where the volume is a whole disk, such as that of a guest: the steps to the part of it that is wanted, from the disk inwards. Default: the whole.
 *
 * @minItems 1
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "snapshotPart".
 */
export type SnapshotPart = PartStep[];
/**
 * Programs to run first, in order. When one fails, nothing of what comes after it is done. Of a task, 75 skips it.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "before".
 */
export type Before = PipelineElement[];
/**
 * Programs to run after it was done, in order. When one fails, an object or a group has failed; of a task, whose copy is safe by then, the exit code is 3.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "after".
 */
export type After = PipelineElement[];
/**
 * Programs to run when it has failed, in order, each of them even when one before it failed. PALHM_ERROR says why.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "onError".
 */
export type OnError = PipelineElement[];
/**
 * Programs to run last, however it went, in order, each of them even when one before it failed: they undo what "before" did.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "always".
 */
export type Always = PipelineElement[];
/**
 * Objects that start together. Objects that name no group belong to "default".
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "objectGroups".
 */
export type ObjectGroups = ObjectGroup[];
/**
 * A text that is somewhere in what a stage writes.
 */
export type ExpectedText =
  | string
  | {
      /**
       * The text. Upper and lower case differ; no character means anything but itself.
       */
      text: string;
      /**
       * The stage of the pipeline that writes it: the id of its exec, or the name of its program. Default: the first.
       */
      stage?: string;
    };
/**
 * What a stage writes ends with this text, or its last line begins with it. Blanks and line ends behind it do not count.
 */
export type ExpectedText1 =
  | string
  | {
      /**
       * The text. Upper and lower case differ; no character means anything but itself.
       */
      text: string;
      /**
       * The stage of the pipeline that writes it: the id of its exec, or the name of its program. Default: the first.
       */
      stage?: string;
    };
/**
 * What a copy consists of. At least one object.
 *
 * @minItems 1
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "objects".
 */
export type Objects = BackupObject[];
/**
 * Programs to run before a restore brings anything back, in order. When one fails, nothing is brought back.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "preRecovery".
 */
export type PreRecovery = PipelineElement[];
/**
 * Programs to run inside of a system that a restore has brought back, before it boots, in order: by chroot, in the directory of "palhm restore --chroot".
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "endRecovery".
 */
export type EndRecovery = PipelineElement[];
/**
 * Programs to run when a restore has brought all back, in order. When one fails, the exit code is 3.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "postRecovery".
 */
export type PostRecovery = PipelineElement[];
/**
 * A string, taken literally, or a reference that is resolved when the program starts.
 */
export type Value3 =
  | string
  | {
      /**
       * The value of this variable in palhm's own environment.
       */
      env?: string;
      /**
       * Whether the value of "env" is hidden wherever palhm shows it. Default true.
       */
      secret?: boolean;
      /**
       * The text of this file, without its final newline: not empty, UTF-8 without a byte order mark. Always secret. A relative path is resolved from the directory of the config file.
       */
      file?: string;
      /**
       * The text of this file below $CREDENTIALS_DIRECTORY, where systemd puts credentials: not empty, UTF-8 without a byte order mark. Always secret.
       */
      credential?: string;
      /**
       * A fact of the run: the prefix of the copy, the id of the task, the path of the object, the name of the host; in a drill, its scratch directory.
       */
      run?: 'prefix' | 'task' | 'object' | 'host' | 'directory';
      /**
       * Of the snapshot of the object's group: where its files are, its device, its name. Where it is of several volumes, the one is named.
       */
      snapshot?:
        | string
        | {
            /**
             * Where the files of this volume are.
             */
            path?: string;
            /**
             * The device of this volume.
             */
            device?: string;
            /**
             * The name of the snapshot of this volume.
             */
            name?: string;
          };
      /**
       * Values, joined without anything between them.
       */
      concat?: Value[];
    };
/**
 * A string, taken literally, or a reference that is resolved when the program starts.
 */
export type Value4 =
  | string
  | {
      /**
       * The value of this variable in palhm's own environment.
       */
      env?: string;
      /**
       * Whether the value of "env" is hidden wherever palhm shows it. Default true.
       */
      secret?: boolean;
      /**
       * The text of this file, without its final newline: not empty, UTF-8 without a byte order mark. Always secret. A relative path is resolved from the directory of the config file.
       */
      file?: string;
      /**
       * The text of this file below $CREDENTIALS_DIRECTORY, where systemd puts credentials: not empty, UTF-8 without a byte order mark. Always secret.
       */
      credential?: string;
      /**
       * A fact of the run: the prefix of the copy, the id of the task, the path of the object, the name of the host; in a drill, its scratch directory.
       */
      run?: 'prefix' | 'task' | 'object' | 'host' | 'directory';
      /**
       * Of the snapshot of the object's group: where its files are, its device, its name. Where it is of several volumes, the one is named.
       */
      snapshot?:
        | string
        | {
            /**
             * Where the files of this volume are.
             */
            path?: string;
            /**
             * The device of this volume.
             */
            device?: string;
            /**
             * The name of the snapshot of this volume.
             */
            name?: string;
          };
      /**
       * Values, joined without anything between them.
       */
      concat?: Value[];
    };
/**
 * A string, taken literally, or a reference that is resolved when the program starts.
 */
export type Value5 =
  | string
  | {
      /**
       * The value of this variable in palhm's own environment.
       */
      env?: string;
      /**
       * Whether the value of "env" is hidden wherever palhm shows it. Default true.
       */
      secret?: boolean;
      /**
       * The text of this file, without its final newline: not empty, UTF-8 without a byte order mark. Always secret. A relative path is resolved from the directory of the config file.
       */
      file?: string;
      /**
       * The text of this file below $CREDENTIALS_DIRECTORY, where systemd puts credentials: not empty, UTF-8 without a byte order mark. Always secret.
       */
      credential?: string;
      /**
       * A fact of the run: the prefix of the copy, the id of the task, the path of the object, the name of the host; in a drill, its scratch directory.
       */
      run?: 'prefix' | 'task' | 'object' | 'host' | 'directory';
      /**
       * Of the snapshot of the object's group: where its files are, its device, its name. Where it is of several volumes, the one is named.
       */
      snapshot?:
        | string
        | {
            /**
             * Where the files of this volume are.
             */
            path?: string;
            /**
             * The device of this volume.
             */
            device?: string;
            /**
             * The name of the snapshot of this volume.
             */
            name?: string;
          };
      /**
       * Values, joined without anything between them.
       */
      concat?: Value[];
    };
/**
 * One step of a routine.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "routineElement".
 */
export type RoutineElement =
  | ExecElement
  | ExecAppendElement
  | ExecInlineElement
  | TaskElement
  | ClientsElement
  | BuiltinElement;
/**
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "count".
 */
export type Count = number;
/**
 * A text, or a text and the stage that writes it.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "expectedText".
 */
export type ExpectedText2 =
  | string
  | {
      /**
       * The text. Upper and lower case differ; no character means anything but itself.
       */
      text: string;
      /**
       * The stage of the pipeline that writes it: the id of its exec, or the name of its program. Default: the first.
       */
      stage?: string;
    };

/**
 * A config file of palhm. doc/config.md explains it.
 */
export interface Config {
  /**
   * Where this schema is, for editors. palhm ignores it.
   */
  $schema?: string;
  /**
   * Further config files. A relative path is resolved from the directory of the file that includes it; a glob is sorted and may match nothing.
   */
  include?: string[];
  /**
   * Modules to load, for compatibility with the original PALHM. "aws" is built in.
   */
  modules?: string[];
  /**
   * How many objects are built at once. 0 (default): as many as there are CPUs that palhm may use; negative: no limit.
   */
  'nb-workers'?: number;
  /**
   * Verbosity: 0 critical, 1 error, 2 warning, 3 info (default), 4 and above debug.
   */
  vl?: number;
  /**
   * Programs that pipelines and routines refer to by id.
   */
  execs?: ExecDefinition[];
  /**
   * What can be run.
   */
  tasks?: Task[];
  clients?: Clients;
  'boot-report'?: BootReport;
}
/**
 * A program, defined once.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "execDefinition".
 */
export interface ExecDefinition {
  id: Id;
  argv: Argv;
  env?: Env;
  ec?: Ec;
  'vl-stdout'?: VlStdout;
  'vl-stderr'?: VlStderr;
  signals?: Signals;
  cwd?: Cwd;
  timeout?: Timeout;
  nice?: Nice;
  ionice?: Ionice;
  user?: User;
  inverse?: Inverse;
}
/**
 * Variables to add to palhm's own environment.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "env".
 */
export interface Env {
  [k: string]: Value;
}
/**
 * The program that undoes this one: it reads this one's output and writes this one's input.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "inverse".
 */
export interface Inverse {
  argv: Argv;
  env?: Env;
}
/**
 * A backup to a directory.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "localfsTask".
 */
export interface LocalfsTask {
  id: Id;
  type: BackupType;
  /**
   * A directory, NFS and Samba mounts among them.
   */
  backend: 'localfs';
  'backend-param': LocalfsParam;
  'max-age'?: MaxAge;
  sign?: Sign;
  'object-groups'?: ObjectGroups;
  objects: Objects;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
  'pre-recovery'?: PreRecovery;
  'end-recovery'?: EndRecovery;
  'post-recovery'?: PostRecovery;
  drill?: Drill;
}
/**
 * Where and how a directory keeps copies.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "localfsParam".
 */
export interface LocalfsParam {
  /**
   * The directory that holds the copies. A relative one is resolved from the directory of the config file.
   */
  root: string;
  /**
   * The permissions of new directories, octal, of those of a copy when it is complete. Default "750".
   */
  dmode?: string;
  /**
   * The permissions of new files and of the lock, octal. Default "640".
   */
  fmode?: string;
  'nb-copy-limit'?: CopyLimit;
  /**
   * How many bytes have to be free before a copy is begun, also with a unit. Default: as many as the newest copy has; 0: not looked at.
   */
  'min-free'?: number | string;
  'root-size-limit'?: SizeLimit;
  keep?: Keep;
  prefix?: Prefix;
  /**
   * Accepted for compatibility. No effect.
   */
  'block-size'?: number | string;
}
/**
 * Which copies to keep. What any one rule keeps is kept; the two limits then cap. Absent: all.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "keep".
 */
export interface Keep {
  /**
   * The newest so many copies.
   */
  last?: number;
  /**
   * The newest copy of each of the newest so many days that have one.
   */
  daily?: number;
  /**
   * The newest copy of each of the newest so many weeks that have one.
   */
  weekly?: number;
  /**
   * The newest copy of each of the newest so many months that have one.
   */
  monthly?: number;
  /**
   * The newest copy of each of the newest so many years that have one.
   */
  yearly?: number;
  /**
   * Every copy no older than this.
   */
  within?: string;
}
/**
 * How copies are named. Names must sort as the times they stand for.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "prefix".
 */
export interface Prefix {
  /**
   * "default" and "iso8601" are the same: 2022-05-01T06:59:17+00:00.
   */
  type?: 'default' | 'iso8601';
  /**
   * How precise the time is. Default "seconds".
   */
  timespec?: 'hours' | 'minutes' | 'seconds' | 'milliseconds' | 'microseconds';
  /**
   * The time zone. Only UTC sorts all the year round.
   */
  tz?: 'utc';
}
/**
 * With which key manifests are signed. A copy whose manifest is not signed with it is none of this task.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "sign".
 */
export interface Sign {
  key: Value1;
  /**
   * Further keys, public or private, with which older copies were signed.
   */
  trusted?: Value[];
}
/**
 * Objects that start together.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "objectGroup".
 */
export interface ObjectGroup {
  id: Id;
  /**
   * The groups whose objects must all be done before this one starts.
   */
  depends?: string[];
  snapshot?: Snapshot;
  freeze?: Freeze2;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
}
/**
 * A read-only snapshot of a subvolume of btrfs.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "btrfsSnapshot".
 */
export interface BtrfsSnapshot {
  /**
   * Tells the kinds of snapshots apart.
   */
  type: 'btrfs';
  /**
   * The path of the subvolume. Relative: from the directory of the file.
   */
  subvolume: string;
  /**
   * Where the snapshot is made, under a hidden name: a directory on the same btrfs. Default: the subvolume itself.
   */
  directory?: string;
  freeze?: Freeze;
  'after-snapshot'?: AfterSnapshot;
}
/**
 * Keeps the service still while the snapshot is taken, and no longer: by programs that freeze and thaw it, or by one that holds it while it runs.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "freeze".
 */
export interface Freeze {
  /**
   * Programs that freeze it, in order. With "thaw".
   *
   * @minItems 1
   */
  freeze?: PipelineElement[];
  /**
   * Programs that thaw it, in order, each of them even when one before it failed. They must bear that nothing is frozen.
   *
   * @minItems 1
   */
  thaw?: PipelineElement[];
  /**
   * One stage of a pipeline.
   */
  hold?: ExecElement | ExecAppendElement | ExecInlineElement;
  /**
   * Objects of the group that are made of what the "hold" prints after its first line: one text for each, in this order, each ended by a NUL byte, which the last one may lack. Then the end of its stdin tells it to thaw, in place of SIGTERM: it prints, and ends by itself.
   *
   * @minItems 1
   */
  output?: HeldObject[];
  /**
   * How long it may be frozen: then a watchdog thaws it, and the group fails. Default 20s.
   */
  max?: string;
}
/**
 * An exec from "execs".
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "execElement".
 */
export interface ExecElement {
  /**
   * Tells this element from the others.
   */
  type: 'exec';
  'exec-id': ExecId;
  'vl-stdout'?: VlStdout;
  'vl-stderr'?: VlStderr;
  timeout?: Timeout;
  in?: In;
  inverse?: Inverse;
}
/**
 * An exec from "execs" with more arguments and variables.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "execAppendElement".
 */
export interface ExecAppendElement {
  /**
   * Tells this element from the others.
   */
  type: 'exec-append';
  'exec-id': ExecId;
  argv?: MoreArgv;
  env?: Env;
  'vl-stdout'?: VlStdout;
  'vl-stderr'?: VlStderr;
  timeout?: Timeout;
  in?: In;
  inverse?: Inverse;
}
/**
 * A program, defined on the spot.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "execInlineElement".
 */
export interface ExecInlineElement {
  /**
   * Tells this element from the others.
   */
  type: 'exec-inline';
  argv: Argv;
  env?: Env;
  ec?: Ec;
  'vl-stdout'?: VlStdout;
  'vl-stderr'?: VlStderr;
  signals?: Signals;
  cwd?: Cwd;
  timeout?: Timeout;
  nice?: Nice;
  ionice?: Ionice;
  user?: User;
  in?: In;
  inverse?: Inverse;
}
/**
 * The path of the object, and what its text goes through.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "heldObject".
 */
export interface HeldObject {
  /**
   * The path of the object inside the copy. "data/backup_label" beside "data.tar" is put into its directory by restore --extract.
   */
  path: string;
  /**
   * Filters that the text goes through, such as gpg. By default none.
   */
  pipeline?: PipelineElement[];
  /**
   * Whether the text may be empty: then there is no such object. Default false: the group fails.
   */
  'may-be-empty'?: boolean;
  /**
   * As that of an object.
   *
   * @minItems 1
   */
  restore?: PipelineElement[];
}
/**
 * A file system that is frozen while the objects of the group read it: nothing is made of it, and whoever writes to it waits until they are done.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "fsSnapshot".
 */
export interface FsSnapshot {
  /**
   * Tells the kinds of snapshots apart.
   */
  type: 'fs';
  /**
   * The directory that the file system is mounted on. Relative: from the directory of the file. Not that of the root, of the copies, of the log or of palhm itself.
   */
  mount: string;
  freeze: Freeze1;
  'after-snapshot'?: AfterSnapshot;
}
/**
 * Keeps the service still while the snapshot is taken, and no longer: by programs that freeze and thaw it, or by one that holds it while it runs.
 */
export interface Freeze1 {
  /**
   * Programs that freeze it, in order. With "thaw".
   *
   * @minItems 1
   */
  freeze?: PipelineElement[];
  /**
   * Programs that thaw it, in order, each of them even when one before it failed. They must bear that nothing is frozen.
   *
   * @minItems 1
   */
  thaw?: PipelineElement[];
  /**
   * One stage of a pipeline.
   */
  hold?: ExecElement | ExecAppendElement | ExecInlineElement;
  /**
   * Objects of the group that are made of what the "hold" prints after its first line: one text for each, in this order, each ended by a NUL byte, which the last one may lack. Then the end of its stdin tells it to thaw, in place of SIGTERM: it prints, and ends by itself.
   *
   * @minItems 1
   */
  output?: HeldObject[];
  /**
   * How long it may be frozen: then a watchdog thaws it, and the group fails. Default 20s.
   */
  max?: string;
}
/**
 * Snapshots of one or more logical volumes of LVM.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "lvmSnapshot".
 */
export interface LvmSnapshot {
  /**
   * Tells the kinds of snapshots apart.
   */
  type: 'lvm';
  volume?: LvmVolumeName;
  size?: LvmSize;
  part?: SnapshotPart;
  mount?: SnapshotMount;
  /**
   * Several volumes, whose snapshots show one instant. In place of "volume", "size" and "mount".
   *
   * @minItems 1
   */
  volumes?: LvmVolume[];
  freeze?: Freeze;
  'after-snapshot'?: AfterSnapshot;
}
/**
 * A partition.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "partitionStep".
 */
export interface PartitionStep {
  /**
   * Tells the kinds of steps apart.
   */
  type: 'partition';
  /**
   * Its number in the table of partitions, as in /dev/vda2.
   */
  number: number;
}
/**
 * What is encrypted by LUKS.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "luksStep".
 */
export interface LuksStep {
  /**
   * Tells the kinds of steps apart.
   */
  type: 'luks';
  key: Value2;
}
/**
 * A logical volume of the LVM of the guest. Its group may have a name that the host has as well.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "innerLvmStep".
 */
export interface InnerLvmStep {
  /**
   * Tells the kinds of steps apart.
   */
  type: 'lvm';
  volume: LvmVolumeName;
}
/**
 * Mounts the file system on the snapshot, read-only. Without it, programs get its device.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "snapshotMount".
 */
export interface SnapshotMount {
  /**
   * Further options of mount(8).
   */
  options?: string[];
}
/**
 * One of several volumes of a snapshot.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "lvmVolume".
 */
export interface LvmVolume {
  volume: LvmVolumeName;
  size?: LvmSize;
  part?: SnapshotPart;
  mount?: SnapshotMount;
}
/**
 * A copy of a running container of LXD or Incus, started so that programs can run in it, or a snapshot of it.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "lxdSnapshot".
 */
export interface LxdSnapshot {
  /**
   * Tells the kinds of snapshots apart.
   */
  type: 'lxd';
  /**
   * The container.
   */
  instance: string;
  /**
   * The project of the container. Default: that called "default".
   */
  project?: string;
  /**
   * A clone is a copy that is started, so that programs can run in it ("in": "snapshot"). A snapshot is only there, for programs of the host that read its files. Default: clone.
   */
  mode?: 'clone' | 'snapshot';
  /**
   * Whether the clone is removed by LXD itself, too, when it stops. Default: true.
   */
  ephemeral?: boolean;
  /**
   * Changes to the profiles of the container, for its clone: "+NAME" adds one behind them, "-NAME" takes one away. Of the devices of the container itself and of its own profiles the clone has the root disk alone; those of profiles that are added it has.
   */
  profiles?: string[];
  /**
   * Variables of every program in the clone. They are kept in its configuration.
   */
  environment?: {
    [k: string]: string;
  };
  /**
   * The socket of the API. Relative: from the directory of the file. Default: the first that is there of those of Incus and LXD.
   */
  socket?: string;
  /**
   * The program that runs commands in the container, by its name or path. Default: incus when the path of the socket has that word in it, else lxc.
   */
  client?: string;
  freeze?: Freeze;
  'after-snapshot'?: AfterSnapshot;
}
/**
 * The disks of a virtual machine of libvirt, all of them at one instant. The guest runs on.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "libvirtSnapshot".
 */
export interface LibvirtSnapshot {
  /**
   * Tells the kinds of snapshots apart.
   */
  type: 'libvirt';
  /**
   * The name or the UUID of the domain.
   */
  domain: string;
  /**
   * The connection to libvirt, on this host. Default: that of virsh, for root qemu:///system.
   */
  uri?: string;
  /**
   * The disks that are read, by their targets. Default: all that the guest can write into.
   *
   * @minItems 1
   */
  disks?: string[];
  /**
   * Disks that are not read, by their targets. Not with "disks".
   *
   * @minItems 1
   */
  exclude?: string[];
  /**
   * Where what the guest writes meanwhile is kept, in a file for each disk. Needed for a disk that is a device. Default: beside the disk.
   */
  directory?: string;
  /**
   * File systems on the disks that are mounted on this host, read-only, so that programs read their files.
   *
   * @minItems 1
   */
  mounts?: LibvirtMount[];
  /**
   * How the guest is kept still while the snapshot is taken: by its agent, which freezes its file systems, by a pause, or not at all. Default: by the agent where it answers, else by a pause.
   */
  quiesce?: 'agent' | 'suspend' | 'none';
  /**
   * Whether a guest that is off is read as it is. Default false: then the group fails.
   */
  'offline-ok'?: boolean;
  freeze?: Freeze;
  'after-snapshot'?: AfterSnapshot;
}
/**
 * A file system on a disk. Programs refer to it by the disk and the partition: {"path": "vda1"}.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "libvirtMount".
 */
export interface LibvirtMount {
  /**
   * The target of the disk.
   */
  disk: string;
  /**
   * The partition that the file system is on. Default: it is on the disk itself.
   *
   * @minItems 1
   */
  part?: PartitionStep[];
  /**
   * Further options of mount(8).
   */
  options?: string[];
}
/**
 * Keeps the service still while the snapshot is taken, and no longer: by programs that freeze and thaw it, or by one that holds it while it runs.
 */
export interface Freeze2 {
  /**
   * Programs that freeze it, in order. With "thaw".
   *
   * @minItems 1
   */
  freeze?: PipelineElement[];
  /**
   * Programs that thaw it, in order, each of them even when one before it failed. They must bear that nothing is frozen.
   *
   * @minItems 1
   */
  thaw?: PipelineElement[];
  /**
   * One stage of a pipeline.
   */
  hold?: ExecElement | ExecAppendElement | ExecInlineElement;
  /**
   * Objects of the group that are made of what the "hold" prints after its first line: one text for each, in this order, each ended by a NUL byte, which the last one may lack. Then the end of its stdin tells it to thaw, in place of SIGTERM: it prints, and ends by itself.
   *
   * @minItems 1
   */
  output?: HeldObject[];
  /**
   * How long it may be frozen: then a watchdog thaws it, and the group fails. Default 20s.
   */
  max?: string;
}
/**
 * A pipeline and the path its output gets.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "backupObject".
 */
export interface BackupObject {
  /**
   * The path of the object inside the copy.
   */
  path: string;
  /**
   * The id of the group it belongs to. Default "default".
   */
  group?: string;
  /**
   * The stages, each one's stdout joined to the next one's stdin.
   *
   * @minItems 1
   */
  pipeline: PipelineElement[];
  /**
   * Bytes to reserve before the pipeline starts, so that a full disk is found then.
   */
  'alloc-size'?: number | string;
  /**
   * What brings the object back to where it came from, for "palhm restore --apply": the first stage reads the stored bytes. Default: the inverse of every stage, the last one first.
   *
   * @minItems 1
   */
  restore?: PipelineElement[];
  expect?: Expect;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
}
/**
 * What the object has to be like. One that is otherwise fails the backup.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "expect".
 */
export interface Expect {
  /**
   * How many bytes it has at least, as stored. 0: it may be empty without a warning.
   */
  'min-size'?: number | string;
  /**
   * How much smaller it may be than in the newest copy, in percent of that: with "50%" it has at least half.
   */
  'max-shrink'?: string;
  /**
   * How much larger it may be than in the newest copy, in percent of that: with "300%" it has at most four times as much.
   */
  'max-growth'?: string;
  contains?: ExpectedText;
  'ends-with'?: ExpectedText1;
}
/**
 * How it is proved that a copy can be restored: "palhm drill" prepares, restores, checks and cleans up.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "drill".
 */
export interface Drill {
  /**
   * The user that owns the scratch directory and that the programs of the drill run as, but for those with a "user" of their own. Takes palhm running as root.
   */
  user?: string;
  /**
   * How long the drill may take, without cleaning up.
   */
  timeout?: string;
  /**
   * Programs to run first, in order, such as the start of a scratch server.
   */
  prepare?: PipelineElement[];
  /**
   * The objects to restore, in order.
   *
   * @minItems 1
   */
  restore: DrillRestore[];
  /**
   * Programs to run then, in order. What they find wrong they say by their exit code.
   */
  check?: PipelineElement[];
  /**
   * Programs to run at the end, in order, however the drill went, each of them even when one before it failed.
   */
  'clean-up'?: PipelineElement[];
}
/**
 * One object, and what its content goes through.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "drillRestore".
 */
export interface DrillRestore {
  /**
   * The path of an object of the task.
   */
  object: string;
  /**
   * The stages that take the object's content, with its filters undone.
   *
   * @minItems 1
   */
  pipeline: PipelineElement[];
}
/**
 * A backup that stores nothing, for tests.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "nullTask".
 */
export interface NullTask {
  id: Id;
  type: BackupType;
  /**
   * Reads and counts every byte and stores none.
   */
  backend: 'null';
  /**
   * Anything: not looked at, so that a task can be switched to null and back.
   */
  'backend-param'?: {
    [k: string]: unknown;
  };
  'max-age'?: MaxAge;
  sign?: Sign;
  'object-groups'?: ObjectGroups;
  objects: Objects;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
  'pre-recovery'?: PreRecovery;
  'end-recovery'?: EndRecovery;
  'post-recovery'?: PostRecovery;
  drill?: Drill;
}
/**
 * A backup to a bucket.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "s3Task".
 */
export interface S3Task {
  id: Id;
  type: BackupType;
  /**
   * An S3 bucket, on AWS or on any store that speaks S3.
   */
  backend: 'aws-s3';
  'backend-param': S3Param;
  'max-age'?: MaxAge;
  sign?: Sign;
  'object-groups'?: ObjectGroups;
  objects: Objects;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
  'pre-recovery'?: PreRecovery;
  'end-recovery'?: EndRecovery;
  'post-recovery'?: PostRecovery;
  drill?: Drill;
}
/**
 * Where and how a bucket keeps copies.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "s3Param".
 */
export interface S3Param {
  /**
   * The AWS client profile. Default "default".
   */
  profile?: string;
  /**
   * The region of the bucket. Default: what the environment or the profile says.
   */
  region?: string;
  credentials?: S3Credentials;
  /**
   * A role to assume with the credentials found, by AWS STS or the store's own.
   */
  'role-arn'?: string;
  /**
   * The address of a store other than AWS, without a user or a password.
   */
  endpoint?: string;
  /**
   * Whether the bucket is named in the path of the address and not in its host name. Default: true with an endpoint.
   */
  'force-path-style'?: boolean;
  /**
   * "when-required" for stores that refuse the checksums of today's AWS. Default "when-supported".
   */
  checksum?: 'when-supported' | 'when-required';
  /**
   * The name of the bucket.
   */
  bucket: string;
  /**
   * What the keys of all copies begin with. Slashes at its ends mean nothing; "/" is the whole bucket.
   */
  root: string;
  /**
   * The storage class that objects are uploaded in.
   */
  'sink-storage-class'?: string;
  /**
   * The storage class that objects are moved to at the end.
   */
  'rot-storage-class'?: string;
  /**
   * How the store encrypts what it is given. Default: as the bucket says.
   */
  'server-side-encryption'?: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  /**
   * The key of the key service, with "aws:kms" or "aws:kms:dsse". Default: that of the bucket or the account.
   */
  'kms-key-id'?: string;
  /**
   * Tags of every object, at most 10.
   */
  tags?: {
    [k: string]: string;
  };
  'object-lock'?: S3ObjectLock;
  /**
   * How fast the uploads of a run may be together, in bytes per second. Default: no limit.
   */
  bandwidth?: number | string;
  /**
   * The size of the parts that objects are sent in, 5 MiB to 5 GiB. Default: chosen for each object.
   */
  'part-size'?: number | string;
  /**
   * How many parts of one object are sent at once; two more are in memory. Default: 2 to 5, the fewer the larger they are.
   */
  'queue-size'?: number;
  /**
   * How many parts the store allows in one upload. Default 10000.
   */
  'max-parts'?: number;
  'nb-copy-limit'?: CopyLimit;
  'root-size-limit'?: SizeLimit;
  keep?: Keep;
  prefix?: Prefix;
}
/**
 * A key of the store. Default: what the chain of the AWS SDK finds.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "s3Credentials".
 */
export interface S3Credentials {
  'access-key-id': Value3;
  'secret-access-key': Value4;
  'session-token'?: Value5;
}
/**
 * How long the store must keep a copy, whoever asks for its removal.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "s3ObjectLock".
 */
export interface S3ObjectLock {
  /**
   * "governance": who has a special right may end it early. "compliance": nobody can.
   */
  mode: 'governance' | 'compliance';
  /**
   * How long, from the end of the run that makes the copy.
   */
  'retain-for': string;
}
/**
 * Steps, one after the other. The first that fails ends it.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "routineTask".
 */
export interface RoutineTask {
  id: Id;
  /**
   * Tells a routine from a backup.
   */
  type: 'routine';
  /**
   * The steps, in order.
   */
  routine: RoutineElement[];
  /**
   * Whether the steps behind one that failed run all the same. The routine has then failed with the worst of them. Default false.
   */
  'keep-going'?: boolean;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
}
/**
 * Another task, run at this point.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "taskElement".
 */
export interface TaskElement {
  /**
   * Tells this element from the others.
   */
  type: 'task';
  /**
   * The id of the task.
   */
  'task-id': string;
}
/**
 * The backup of every client, one after the other. Its routine has to keep going: one client that is wrong costs no other its backup.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "clientsElement".
 */
export interface ClientsElement {
  /**
   * Tells this element from the others.
   */
  type: 'clients';
}
/**
 * Something palhm does itself.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "builtinElement".
 */
export interface BuiltinElement {
  /**
   * Tells this element from the others.
   */
  type: 'builtin';
  /**
   * "sigmask": block or unblock signals, for palhm and for what it starts from here on.
   */
  'builtin-id': 'sigmask';
  /**
   * The changes, in order.
   */
  param: SigmaskChange[];
}
/**
 * One change of the signal mask.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "sigmaskChange".
 */
export interface SigmaskChange {
  /**
   * "block" or "unblock", in any case.
   */
  action: string;
  /**
   * Signals: names, with or without SIG, or numbers. KILL and STOP cannot be blocked.
   */
  sig: (string | number)[];
}
/**
 * Other machines that hand in a config each. It becomes a backup named after its file, and may only have what is allowed here.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "clients".
 */
export interface Clients {
  /**
   * Where their files are, NAME.jsonc each. It may belong to a user of its own, who receives them. Relative: from the directory of the file.
   */
  directory: string;
  task: ClientTask;
  group?: ClientGroup;
  allow?: ClientAllow;
  /**
   * What one client is allowed besides, by its name.
   */
  'allow-client'?: {
    [k: string]: ClientAllow;
  };
}
/**
 * The keys of a backup that every client's gets: where its copies are kept, and how many of them.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "clientTask".
 */
export interface ClientTask {
  /**
   * As of a backup.
   */
  backend: string;
  /**
   * As of a backup. The root of each client is the directory with its name below this one.
   */
  'backend-param'?: {
    [k: string]: unknown;
  };
  'max-age'?: MaxAge;
  sign?: Sign;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
}
/**
 * What every group of a client's task has, unless the client gives it another: the key as a whole counts.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "clientGroup".
 */
export interface ClientGroup {
  snapshot?: Snapshot;
  freeze?: Freeze;
  before?: Before;
  after?: After;
  'on-error'?: OnError;
  always?: Always;
}
/**
 * What of the host the config of a client may name. Without it: nothing.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "clientAllow".
 */
export interface ClientAllow {
  /**
   * The ids of execs that it may run as they are.
   */
  execs?: string[];
  /**
   * The ids of execs that it may run with arguments of its own.
   */
  append?: string[];
  /**
   * Snapshots that it may take: objects as of a group, key by key. {"run": "task"} is the name of the client.
   *
   * Items: A snapshot; its strings may be references.
   */
  snapshots?: {
    /**
     * The kind of the snapshot.
     */
    type: string;
    [k: string]: unknown;
  }[];
}
/**
 * The mail about a boot. Validated; the command that sends it comes later.
 *
 * This interface was referenced by `Config`'s JSON-Schema
 * via the `definition` "bootReport".
 */
export interface BootReport {
  /**
   * Who sends it: "mailx", or "stdout" to print it. Given once in all files.
   */
  mua: 'stdout' | 'mailx';
  /**
   * The recipients.
   */
  'mail-to'?: string[];
  /**
   * The subject. {hostname} stands for the name of the host.
   */
  subject?: string;
  /**
   * Text above the report. {hostname} stands for the name of the host.
   */
  header?: string;
  /**
   * Whether to say since when the host has been up.
   */
  'uptime-since'?: boolean;
  /**
   * Whether to say for how long the host has been up.
   */
  uptime?: boolean;
  /**
   * Whether to give the kernel's id of the boot.
   */
  bootid?: boolean;
  /**
   * The same as "bootid".
   */
  'boot-id'?: boolean;
}
