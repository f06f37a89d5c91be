import type { Prefix } from './prefix.js';
import type { CopyRecords } from './records.js';

/** A complete copy as a listing shows it. Times are epoch milliseconds; undefined for a copy of the original PALHM. */
export interface Copy {
  readonly prefix: Prefix;
  /** Bytes of its objects. */
  readonly size: number;
  readonly objects: number;
  readonly started: number | undefined;
  readonly finished: number | undefined;
  /** False: a copy of the original PALHM, recognised by its name alone. */
  readonly manifest: boolean;
  /** Until when the store was told to keep it, epoch milliseconds; absent: it may go at any time. */
  readonly lockedUntil?: number;
  readonly records: CopyRecords;
}

/** Something in the root that is not a copy of it and is left alone. */
export interface Stranger {
  readonly name: string;
  readonly why: string;
  /** Its name is that of a copy, and its manifest cannot be used: a copy of this task, as it seems, that is damaged. */
  readonly damaged?: true;
}

/** What lies in a root, the copies oldest first. */
export interface Listing {
  readonly copies: readonly Copy[];
  readonly strangers: readonly Stranger[];
}
