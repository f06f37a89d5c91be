/**
 * What the engine says while it works: the one closed union that every consumer (terminal, log, JSON) switches over.
 * doc/events.md documents each as JSON. Sizes are bytes, durations milliseconds, times epoch milliseconds.
 */
import type { Failure } from '../failure/failure.js';

export type Emit = (event: Event) => void;

export type DrillStep = 'prepare' | 'restore' | 'check' | 'clean-up';

export type Event =
  | { readonly type: 'task-started'; readonly task: string; readonly kind: 'backup' | 'routine' }
  | { readonly type: 'task-finished'; readonly task: string; readonly durationMs: number }
  | { readonly type: 'lock-waiting'; readonly root: string; readonly holder: string }
  | { readonly type: 'leftover-removed'; readonly what: string; readonly processes: number }
  | {
      readonly type: 'copy-opened';
      readonly task: string;
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
  | { readonly type: 'exec-started'; readonly task: string; readonly command: string }
  | {
      readonly type: 'exec-finished';
      readonly task: string;
      readonly command: string;
      readonly durationMs: number;
    }
  | { readonly type: 'stopping'; readonly reason: string }
  | {
      readonly type: 'copy-committed';
      readonly task: string;
      readonly prefix: string;
      readonly size: number;
      readonly objects: number;
      readonly durationMs: number;
      readonly location: string;
    }
  | { readonly type: 'copy-rolled-back'; readonly task: string; readonly prefix: string }
  | {
      readonly type: 'copy-removed';
      readonly task: string;
      readonly prefix: string;
      readonly size: number;
      readonly reason: string;
    }
  | {
      readonly type: 'rotation-finished';
      readonly task: string;
      readonly kept: number;
      readonly removed: number;
      readonly freed: number;
    }
  | {
      readonly type: 'restore-started';
      readonly task: string;
      readonly prefix: string;
      /** Where the copy is, for people. */
      readonly source: string;
      /** Where it goes, for people. */
      readonly target: string;
      readonly objects: number;
    }
  | {
      readonly type: 'restore-finished';
      readonly task: string;
      readonly prefix: string;
      /** Bytes that were read of the copy. */
      readonly size: number;
      readonly objects: number;
      readonly durationMs: number;
      readonly target: string;
    }
  | {
      readonly type: 'verify-started';
      readonly task: string;
      readonly prefix: string;
      /** How many objects are read. */
      readonly objects: number;
    }
  | { readonly type: 'object-damaged'; readonly object: string; readonly problem: string }
  | {
      readonly type: 'verify-finished';
      readonly task: string;
      readonly prefix: string;
      readonly result: 'whole' | 'damaged' | 'unread';
      readonly problems: number;
      /** Objects that were read, of how many, and their bytes. */
      readonly read: number;
      readonly of: number;
      readonly size: number;
      readonly durationMs: number;
    }
  | {
      readonly type: 'drill-started';
      readonly task: string;
      readonly prefix: string;
      readonly location: string;
    }
  | {
      readonly type: 'drill-step-started';
      readonly task: string;
      readonly step: DrillStep;
      /** The path of the object that is restored, else the command. */
      readonly what: string;
    }
  | {
      readonly type: 'drill-step-finished';
      readonly task: string;
      readonly step: DrillStep;
      readonly what: string;
      readonly durationMs: number;
    }
  | {
      readonly type: 'drill-finished';
      readonly task: string;
      readonly prefix: string;
      readonly result: 'passed' | 'failed';
      readonly durationMs: number;
    }
  | { readonly type: 'warning'; readonly message: string; readonly details: readonly string[] }
  | { readonly type: 'failed'; readonly failure: Failure }
  | { readonly type: 'debug'; readonly message: string };
