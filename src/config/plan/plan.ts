/**
 * The Plan: what config becomes and the only thing that leaves `src/config`. It is immutable and complete: paths are
 * absolute, sizes and durations parsed, defaults filled, ids resolved to what they name. Secrets are still references.
 */

import type { Place } from '../../failure/failure.js';
import type { CodeRange } from '../../units/code-range.js';
import type { Duration } from '../../units/duration.js';
import type { SinkPlan } from './sinks/sinks.js';
import type { Value } from './value.js';

export interface Plan {
  /** Every file that was read, the first given one first. Absolute paths. */
  readonly files: readonly string[];
  /** Objects built at once; `Infinity` for no limit. */
  readonly workers: number;
  /** 0 critical, 1 error, 2 warning, 3 info, 4 and above debug. */
  readonly verbosity: number;
  readonly tasks: ReadonlyMap<string, TaskPlan>;
  /** Every exec that is defined, used or not. */
  readonly execs: readonly ExecPlan[];
}

export type TaskPlan = BackupPlan | RoutinePlan;

export interface BackupPlan {
  readonly type: 'backup';
  readonly id: string;
  readonly place: Place;
  readonly sink: SinkPlan;
  /** How old its newest copy may be; undefined: nobody has said. */
  readonly maxAge: Duration | undefined;
  /** In an order in which every group comes after those it depends on. */
  readonly groups: readonly GroupPlan[];
  /** Undefined: manifests are not signed. */
  readonly sign: SignPlan | undefined;
  readonly drill: DrillPlan | undefined;
}

/** How it is proved that a copy can be restored. Its programs start in the scratch directory unless they have a `cwd`. */
export interface DrillPlan {
  readonly place: Place;
  /** Who owns the scratch directory; undefined: whoever palhm runs as. The programs have their users already. */
  readonly user: string | undefined;
  /** Of everything but the cleaning up. */
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
  /** What its content goes through once its filters are undone. At least one. */
  readonly pipeline: readonly ExecPlan[];
}

/** Each key is a reference to an Ed25519 key in PEM. */
export interface SignPlan {
  readonly key: Value;
  /** Further keys whose signatures count. */
  readonly trusted: readonly Value[];
  readonly place: Place;
}

export interface GroupPlan {
  readonly id: string;
  readonly depends: readonly string[];
  readonly objects: readonly ObjectPlan[];
}

export interface ObjectPlan {
  /** Relative, normalised, `/`-separated, never climbing out. */
  readonly path: string;
  readonly group: string;
  readonly place: Place;
  /** At least one. */
  readonly pipeline: readonly ExecPlan[];
  /** Bytes to reserve before the pipeline starts. */
  readonly allocSize: number | undefined;
  /** From the stored bytes back to where they came from; undefined: by the inverses of the pipeline. */
  readonly restore: readonly ExecPlan[] | undefined;
  /** What the object has to be like; undefined: anything will do. */
  readonly expect: ExpectPlan | undefined;
}

export interface ExpectPlan {
  /** Bytes as stored. */
  readonly minSize: number | undefined;
  /** By how many percent of its size in the newest copy the object may be smaller, and larger, than there. */
  readonly maxShrink: number | undefined;
  readonly maxGrowth: number | undefined;
  readonly texts: readonly ExpectedTextPlan[];
}

/** A text in what one stage writes. */
export interface ExpectedTextPlan {
  readonly type: 'contains' | 'ends-with';
  readonly text: string;
  /** Its place in the pipeline, from 0. */
  readonly stage: number;
}

export interface RoutinePlan {
  readonly type: 'routine';
  readonly id: string;
  readonly place: Place;
  readonly steps: readonly RoutineStep[];
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
  /** The id it was defined under, or undefined for an inline one. */
  readonly id: string | undefined;
  readonly place: Place;
  /** At least one; the first is the program. */
  readonly argv: readonly Value[];
  readonly env: ReadonlyMap<string, Value>;
  readonly accepted: CodeRange;
  /** Signals a death by which counts as success. */
  readonly signals: readonly NodeJS.Signals[];
  /** Verbosity from which on its output is shown. */
  readonly stdoutLevel: number;
  readonly stderrLevel: number;
  /** Absolute. */
  readonly cwd: string | undefined;
  readonly timeout: Duration | undefined;
  /** -20 to 19. */
  readonly nice: number | undefined;
  readonly ionice: IoPriority | undefined;
  readonly user: string | undefined;
  readonly inverse: InversePlan | undefined;
}

export interface IoPriority {
  readonly class: 'realtime' | 'best-effort' | 'idle';
  /** 0 (first) to 7; undefined for idle. */
  readonly level: number | undefined;
}

/** The program that undoes a stage: reads its output on stdin, writes its input to stdout. */
export interface InversePlan {
  readonly argv: readonly Value[];
  readonly env: ReadonlyMap<string, Value>;
}
