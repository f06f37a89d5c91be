/**
 * What the engine reports while it works: one closed union, with a switch over it in every consumer (terminal, log, JSON).
 * doc/events.md documents each event as JSON. Sizes are bytes, durations milliseconds, times epoch milliseconds.
 */
import type { Failure } from '../failure/failure.js';
import type { RestoreReport, RunReport } from './run-report.js';

export type Emit = (event: Event) => void;

/** Which operation and which task an event belongs to, and when it happened. */
export interface Stamp {
  /** The id of the operation. Undefined for a failure that comes before any operation. */
  readonly run: string | undefined;
  /** Undefined while the task is not known. */
  readonly task: string | undefined;
  /** Epoch milliseconds, by the clock of the host. */
  readonly time: number;
}

/** An event as consumers receive it. */
export type StampedEvent = Event & Stamp;

/** Receives every event of an operation. It must not throw and must not wait. */
export type Outlet = (event: StampedEvent) => void;

/** Returns the `emit` of an operation: it stamps each event and passes it to the outlet. */
export function stampEvents(
  outlet: Outlet,
  { run, task, clock }: Omit<Stamp, 'time'> & { readonly clock: () => number },
): Emit {
  return (event) => outlet({ ...event, run, task, time: clock() });
}

export type OperationKind =
  | 'run'
  | 'restore'
  | 'verify'
  | 'rotate'
  | 'drill'
  | 'list'
  | 'show'
  | 'status'
  | 'probe'
  | 'thaw';

export type DrillStep = 'prepare' | 'restore' | 'check' | 'clean-up';

/** When a hook runs: see doc/hooks.md, and doc/restore.md for those of a restore. */
export type HookKind =
  | 'before'
  | 'freeze'
  | 'thaw'
  | 'after-snapshot'
  | 'after'
  | 'on-error'
  | 'always'
  | 'pre-recovery'
  | 'end-recovery'
  | 'post-recovery';

/** What a hook runs around. */
/** `skipping`: a `before` of a task that says that there is nothing to be done. */
export type HookResult = 'done' | 'failed' | 'skipping';

export type HookedPart = 'task' | 'group' | 'object';

export type Event =
  | { readonly type: 'task-started'; readonly kind: 'backup' | 'routine' }
  | {
      readonly type: 'task-finished';
      readonly durationMs: number;
      /** Not part of the JSON of the event. */
      readonly report: RunReport;
    }
  | {
      readonly type: 'task-failed';
      readonly durationMs: number;
      readonly failure: Failure;
      readonly report: RunReport;
    }
  | {
      readonly type: 'task-skipped';
      readonly reason: string;
      readonly durationMs: number;
      readonly report: RunReport;
    }
  | {
      readonly type: 'hook-started';
      readonly hook: HookKind;
      readonly part: HookedPart;
      /** The id or path of that part. */
      readonly name: string;
      readonly command: string;
    }
  | {
      readonly type: 'hook-finished';
      readonly hook: HookKind;
      readonly part: HookedPart;
      readonly name: string;
      readonly command: string;
      readonly result: HookResult;
      readonly durationMs: number;
    }
  | { readonly type: 'lock-waiting'; readonly root: string; readonly holder: string }
  | { readonly type: 'leftover-removed'; readonly what: string; readonly processes: number }
  | {
      readonly type: 'copy-opened';
      readonly sink: string;
      readonly prefix: string;
      readonly objects: number;
    }
  | { readonly type: 'group-started'; readonly group: string; readonly objects: number }
  | { readonly type: 'group-finished'; readonly group: string }
  | {
      readonly type: 'object-started';
      readonly object: string;
      readonly group: string;
      readonly stages: readonly string[];
    }
  | {
      readonly type: 'snapshot-taken';
      readonly group: string;
      /** What it is of, for people. */
      readonly source: string;
      readonly durationMs: number;
    }
  | {
      readonly type: 'thawed';
      readonly group: string;
      /** From the first program that freezes to the end of the thaw. */
      readonly durationMs: number;
    }
  | { readonly type: 'snapshot-removed'; readonly group: string; readonly source: string }
  | { readonly type: 'object-progress'; readonly object: string; readonly bytes: number }
  | {
      readonly type: 'object-finished';
      readonly object: string;
      readonly group: string;
      readonly size: number;
      readonly sha256: string | null;
      readonly durationMs: number;
    }
  | {
      readonly type: 'object-failed';
      readonly object: string;
      readonly group: string;
      readonly failure: Failure;
    }
  | { readonly type: 'object-cancelled'; readonly object: string; readonly group: string }
  | {
      readonly type: 'stage-output';
      readonly source: string;
      readonly stage: string;
      readonly line: string;
      readonly stream: 'stdout' | 'stderr';
      readonly level: number;
    }
  | {
      readonly type: 'stage-output-left-out';
      readonly source: string;
      readonly stage: string;
      readonly stream: 'stdout' | 'stderr';
      readonly level: number;
      /** Lines. 0: only the middle of one long line. */
      readonly count: number;
      readonly bytes: number;
    }
  | { readonly type: 'exec-started'; readonly command: string }
  | {
      readonly type: 'exec-finished';
      readonly command: string;
      readonly durationMs: number;
    }
  /** After a good end. */
  | {
      readonly type: 'processes-left';
      readonly processes: readonly { readonly pid: number; readonly command: string }[];
    }
  | { readonly type: 'stopping'; readonly reason: string }
  /** The answer to who has asked where the operation stands. */
  | {
      readonly type: 'standing';
      /** What runs now, in the order in which it started. `bytes` is null where nothing is stored or read. */
      readonly running: readonly {
        readonly name: string;
        readonly bytes: number | null;
        readonly elapsed: number;
      }[];
      /** How many objects are done, and how many have not begun. Null while there are none. */
      readonly done: number | null;
      readonly waiting: number | null;
      /** The lock that is waited for. */
      readonly lock: { readonly root: string; readonly holder: string } | null;
    }
  | {
      readonly type: 'copy-committed';
      readonly prefix: string;
      readonly size: number;
      readonly objects: number;
      readonly durationMs: number;
      /** Null when nothing was kept. */
      readonly location: string | null;
    }
  | { readonly type: 'copy-rolled-back'; readonly prefix: string }
  | {
      readonly type: 'copy-removed';
      readonly prefix: string;
      readonly size: number;
      readonly reason: string;
    }
  | {
      readonly type: 'rotation-finished';
      readonly kept: number;
      readonly removed: number;
      readonly freed: number;
    }
  | {
      readonly type: 'restore-started';
      readonly prefix: string;
      /** Where the copy is, for people. */
      readonly source: string;
      /** Where the objects go, for people. */
      readonly target: string;
      readonly objects: number;
    }
  | {
      readonly type: 'restore-finished';
      readonly prefix: string;
      /** Bytes that were read from the copy. */
      readonly size: number;
      readonly objects: number;
      readonly durationMs: number;
      readonly target: string;
      /** Not part of the JSON of the event. */
      readonly report: RestoreReport;
    }
  | {
      readonly type: 'verify-started';
      readonly prefix: string;
      /** How many objects will be read. */
      readonly objects: number;
    }
  | { readonly type: 'object-damaged'; readonly object: string; readonly problem: string }
  | {
      readonly type: 'verify-finished';
      readonly prefix: string;
      readonly result: 'whole' | 'damaged' | 'undecodable' | 'unread';
      readonly problems: number;
      /** How many objects were read, how many the copy has, and the bytes of those that were read. */
      readonly read: number;
      readonly of: number;
      readonly size: number;
      readonly durationMs: number;
    }
  | {
      readonly type: 'drill-started';
      readonly prefix: string;
      readonly location: string;
    }
  | {
      readonly type: 'drill-step-started';
      readonly step: DrillStep;
      /** The path of the object that is restored, else the command. */
      readonly what: string;
    }
  | {
      readonly type: 'drill-step-finished';
      readonly step: DrillStep;
      readonly what: string;
      readonly durationMs: number;
    }
  | {
      readonly type: 'drill-finished';
      readonly prefix: string;
      readonly result: 'passed' | 'failed';
      readonly durationMs: number;
    }
  | { readonly type: 'warning'; readonly message: string; readonly details: readonly string[] }
  /** The first one says why an operation failed. Further ones say what else went wrong while it ended. */
  | { readonly type: 'failed'; readonly failure: Failure }
  /** The last event of an operation. */
  | {
      readonly type: 'run-finished';
      readonly operation: OperationKind;
      readonly result: 'done' | 'failed' | 'afterwards' | 'skipped';
      /** The exit code that palhm ends with after this operation. */
      readonly exitCode: number;
      readonly durationMs: number;
    }
  | { readonly type: 'debug'; readonly message: string };
