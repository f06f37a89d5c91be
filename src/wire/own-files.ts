/** Small files that palhm leaves for its other runs. A file that is truncated, or not from palhm, is ignored. */
import type { Verdict } from '../exec/blame.js';

/** Who holds a lock, for people. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly task: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Who holds the lock of a root in a store that does not support locks. */
export interface LockLease extends LockHolder {
  /** Identifies this one acquisition of the lock. */
  readonly token: string;
  /** The identity of the host's own lock. The process that holds that lock knows that the holder of this lease is dead. */
  readonly hostLock: string;
}

/** Marks a copy that is not whole: a run is making it or removing it. */
export interface CopyMarker {
  readonly state: 'open' | 'removing';
  /** The id of the run that makes the copy or removes it. */
  readonly run: string;
  readonly host: string;
  readonly since: string;
}

/** Left by a drill that may have died. */
export interface DrillNote {
  readonly run: string;
  readonly task: string;
}

/** What a palhm has frozen, and how it is thawed. It may have secrets in it. */
export interface FreezeNote {
  /** `identifySelf` of host/proc.ts. */
  readonly palhm: string;
  /** For people: `group "db" of task "backup"`. */
  readonly what: string;
  /** ISO 8601. */
  readonly since: string;
  /** In the environment of what freezes or holds: `PALHM_HOLD=…`. */
  readonly mark: string;
  /** Run one after the other, each whatever the others do. */
  readonly thaw: readonly ThawCommand[];
}

export interface ThawCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | undefined;
  /** How long it may take; by default 30 s. */
  readonly timeoutMs?: number | undefined;
  /** How it ends when it has thawed; by default only with 0. */
  readonly verdict?: Verdict | undefined;
}
