import type { Prefix } from './prefix.js';
import type { CopyRecords } from './records.js';

/** A complete copy in a listing. Times are epoch milliseconds; undefined for a copy without a manifest. */
export interface Copy {
  readonly prefix: Prefix;
  /** Bytes of its objects. */
  readonly size: number;
  readonly objects: number;
  readonly started: number | undefined;
  readonly finished: number | undefined;
  /** False: it is recognised by its name and its files alone. */
  readonly manifest: boolean;
  /** The host that made it, by its manifest. */
  readonly host?: string | undefined;
  /** Until when the store refuses to remove it, epoch milliseconds; undefined: it is not locked. */
  readonly lockedUntil?: number | undefined;
  readonly records: CopyRecords;
}

/** Something in the root that is not a usable copy. It is never touched. */
export interface Stranger {
  readonly name: string;
  readonly why: string;
  /** It has the name of a copy, but its manifest cannot be used: probably a damaged copy of this task. */
  readonly damaged?: true;
  /** Nobody knows what it is, because it could not be read. */
  readonly unread?: true;
}

/** The content of a root, the copies oldest first. */
export interface Listing {
  readonly copies: readonly Copy[];
  readonly strangers: readonly Stranger[];
}
