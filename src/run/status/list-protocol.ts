/** What is said between palhm and the process that lists the copies of one task. */
import type { Listing } from '../../copy/copy.js';

export interface ListQuestion {
  /** The config. */
  readonly file: string;
  readonly task: string;
}

export type ListAnswer =
  | { readonly type: 'listing'; readonly listing: Listing }
  | { readonly type: 'failed'; readonly why: string };
