/**
 * The Plan: the result of loading a config, and the only thing that leaves `src/config`. It is immutable and complete:
 * paths are absolute, sizes and durations are parsed, defaults are filled in, ids are replaced by what they name. Secrets
 * are still references.
 */

import type { Place } from '../../failure/failure.js';
import type { CodeRange } from '../../units/code-range.js';
import type { Duration } from '../../units/duration.js';
import type { Diagnostic } from '../read/diagnostics.js';
import type { SinkPlan } from './sinks/sinks.js';
import type { Inside, SnapshotSource } from './snapshots/sources.js';
import type { Value } from './value.js';

export interface Plan {
  /** The file that was asked for, or the name of the text, then every file that was included. Absolute paths. */
  readonly files: readonly string[];
  /** Where clients hand their configs in; undefined: nowhere. Absolute. */
  readonly clients: string | undefined;
  /** What its user should know of the config, as sentences. */
  readonly warnings: readonly string[];
  /** Objects built at once; `Infinity` for no limit. */
  readonly workers: number;
  /** 0 critical, 1 error, 2 warning, 3 info, 4 and above debug. */
  readonly verbosity: number;
  readonly tasks: ReadonlyMap<string, TaskPlan>;
  /** All execs under "execs", also those that no task uses. */
  readonly execs: readonly ExecPlan[];
}

export type TaskPlan = BackupPlan | RoutinePlan;

/** Programs that run around a task, a group or an object. doc/hooks.md says when each of the lists does. */
export interface HooksPlan {
  readonly before: readonly ExecPlan[];
  readonly after: readonly ExecPlan[];
  readonly onError: readonly ExecPlan[];
  readonly always: readonly ExecPlan[];
}

/** Programs that run when a copy is brought back. doc/restore.md says when each of the lists does. */
export interface RecoveryPlan {
  readonly pre: readonly ExecPlan[];
  /** They run inside of the system that was brought back. */
  readonly end: readonly ExecPlan[];
  readonly post: readonly ExecPlan[];
}

export interface BackupPlan {
  readonly type: 'backup';
  readonly id: string;
  readonly place: Place;
  readonly sink: SinkPlan;
  /** How old its newest copy may be; undefined: any age. */
  readonly maxAge: Duration | undefined;
  /** Each group comes after those that it depends on. */
  readonly groups: readonly GroupPlan[];
  /** Undefined: manifests are not signed. */
  readonly sign: SignPlan | undefined;
  readonly drill: DrillPlan | undefined;
  readonly hooks: HooksPlan;
  readonly recovery: RecoveryPlan;
  /** Undefined: the host's own config has the task. */
  readonly client: ClientPlan | undefined;
}

/** The client whose config became a backup. */
export interface ClientPlan {
  /** Absolute. */
  readonly file: string;
  /** Absent: it has handed in that it wants no backup. Wrong: its task has no objects, and cannot be run. */
  readonly state: 'present' | 'absent' | 'wrong';
  /** What is wrong with it. */
  readonly problems: readonly Diagnostic[];
}

/** A test that a copy can be restored. Its programs start in the scratch directory unless they have a `cwd`. */
export interface DrillPlan {
  readonly place: Place;
  /** The owner of the scratch directory; undefined: the user of palhm. The execs below have their users already. */
  readonly user: string | undefined;
  /** Of all steps together, without the clean-up. */
  readonly timeout: Duration | undefined;
  readonly prepare: readonly ExecPlan[];
  /** At least one. */
  readonly restore: readonly DrillRestorePlan[];
  readonly check: readonly ExecPlan[];
  readonly cleanUp: readonly ExecPlan[];
}

export interface DrillRestorePlan {
  /** The path of an object of the task. */
  readonly object: string;
  readonly place: Place;
  /** Gets the content of the object after the inverses of its filters. At least one. */
  readonly pipeline: readonly ExecPlan[];
}

/** Each key is a reference to an Ed25519 key in PEM. */
export interface SignPlan {
  readonly key: Value;
  /** Further keys whose signatures are accepted. */
  readonly trusted: readonly Value[];
  readonly place: Place;
}

export interface FreezePlan {
  readonly place: Place;
  /** After that a watchdog thaws. */
  readonly max: Duration;
  readonly means: FreezeMeans;
}

export type FreezeMeans =
  /** Each list has at least one. */
  | {
      readonly type: 'pair';
      readonly freeze: readonly ExecPlan[];
      readonly thaw: readonly ExecPlan[];
    }
  /**
   * It prints a line when it holds, and is ended to thaw. With `output` it is told by the end of its stdin, and prints what these
   * objects are made of. They are among those of the group.
   */
  | {
      readonly type: 'hold';
      readonly exec: ExecPlan;
      readonly output: readonly HeldObjectPlan[];
    }
  /** Nothing but the source, which the kind of snapshot keeps still. */
  | { readonly type: 'own' };

/** What the objects of a group read at one instant. */
export interface SnapshotPlan {
  readonly place: Place;
  readonly source: SnapshotSource;
  /** What is kept still while it is taken; undefined: nothing. */
  readonly freeze: FreezePlan | undefined;
  /** Run when it is there, before the first object. */
  readonly afterSnapshot: readonly ExecPlan[];
}

export interface GroupPlan {
  readonly id: string;
  readonly depends: readonly string[];
  readonly objects: readonly ObjectPlan[];
  readonly snapshot: SnapshotPlan | undefined;
  /** Without a snapshot: what is kept still while its objects are made. */
  readonly freeze: FreezePlan | undefined;
  readonly hooks: HooksPlan;
}

export interface ObjectPlan {
  /** See `copy/object-path.ts`. */
  readonly path: string;
  readonly group: string;
  readonly place: Place;
  /** At least one. */
  readonly pipeline: readonly ExecPlan[];
  /** Bytes to reserve before the pipeline starts. */
  readonly allocSize: number | undefined;
  /** Takes the stored bytes and puts them back into place; undefined: the inverses of the pipeline do it. */
  readonly restore: readonly ExecPlan[] | undefined;
  /** Conditions for the object; undefined: none. */
  readonly expect: ExpectPlan | undefined;
  readonly hooks: HooksPlan;
}

/** Its pipeline is the program that holds, and then what its text goes through. */
export interface HeldObjectPlan extends ObjectPlan {
  /** Whether its text may be empty: then there is no such object. */
  readonly mayBeEmpty: boolean;
}

export interface ExpectPlan {
  /** Bytes as stored. */
  readonly minSize: number | undefined;
  /** By how many percent the object may be smaller, or larger, than in the newest copy. */
  readonly maxShrink: number | undefined;
  readonly maxGrowth: number | undefined;
  readonly texts: readonly ExpectedTextPlan[];
}

/** A text that must be in the output of a stage. */
export interface ExpectedTextPlan {
  readonly type: 'contains' | 'ends-with';
  readonly text: string;
  /** The index of the stage in the pipeline. */
  readonly stage: number;
}

export interface RoutinePlan {
  readonly type: 'routine';
  readonly id: string;
  readonly place: Place;
  readonly steps: readonly RoutineStep[];
  /** Whether the steps behind one that failed run all the same. */
  readonly keepGoing: boolean;
  readonly hooks: HooksPlan;
}

export type RoutineStep =
  | { readonly type: 'exec'; readonly exec: ExecPlan }
  | { readonly type: 'task'; readonly taskId: string }
  | { readonly type: 'sigmask'; readonly changes: readonly SigmaskChange[] };

export interface SigmaskChange {
  readonly action: 'block' | 'unblock';
  readonly signals: readonly NodeJS.Signals[];
}

export interface ExecPlan {
  /** Undefined for an inline exec. */
  readonly id: string | undefined;
  readonly place: Place;
  /** At least one; the first is the program. */
  readonly argv: readonly Value[];
  readonly env: ReadonlyMap<string, Value>;
  readonly accepted: CodeRange;
  /** A death by one of these signals counts as success. */
  readonly signals: readonly NodeJS.Signals[];
  /** The output is shown at this verbosity and above. */
  readonly stdoutLevel: number;
  readonly stderrLevel: number;
  /** Absolute. */
  readonly cwd: string | undefined;
  readonly timeout: Duration | undefined;
  /** -20 to 19. */
  readonly nice: number | undefined;
  readonly ionice: IoPriority | undefined;
  readonly user: string | undefined;
  /** The directory that it takes for its root, with the /dev, /proc and /sys of this host in it; undefined: that of palhm. */
  readonly root?: string | undefined;
  /** Where it runs; undefined: on the host. There `cwd`, `user`, `nice` and `ionice` apply. */
  readonly inside?: Inside | undefined;
  readonly inverse: InversePlan | undefined;
}

export interface IoPriority {
  readonly class: 'realtime' | 'best-effort' | 'idle';
  /** 0 (first) to 7; undefined for idle. */
  readonly level: number | undefined;
}

/** The program that undoes a stage: it reads the output of the stage on stdin and writes its input to stdout. */
export interface InversePlan {
  readonly argv: readonly Value[];
  readonly env: ReadonlyMap<string, Value>;
}
