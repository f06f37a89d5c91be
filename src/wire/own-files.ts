/** Small files that palhm leaves for other runs of its own. One that is foreign or cut short says nothing. */

/** Who holds a lock, for people. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly task: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Who holds the lock of a root in a store that has no locks of its own. */
export interface LockLease extends LockHolder {
  /** Of this one taking of the lock. */
  readonly token: string;
  /** Of the host's own lock: whoever holds that one knows that the holder of this lease is dead. */
  readonly hostLock: string;
}

/** That a copy is not whole: being made, or being removed. */
export interface CopyMarker {
  readonly state: 'open' | 'removing';
  /** Of the run that makes the copy, or makes it go. */
  readonly run: string;
  readonly host: string;
  readonly since: string;
}

/** What is known of a drill that may be dead. */
export interface DrillNote {
  readonly run: string;
  readonly task: string;
}
