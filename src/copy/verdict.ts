/** What a verify has found out. */
import type { Prefix } from './prefix.js';

/** `unread`: nothing is known to be damaged, but not everything could be looked at, for a reason that is not the copy's. */
export type Finding = 'damaged' | 'unread';

export interface Problem {
  readonly finding: Finding;
  /** A sentence, without a full stop, that names the thing. */
  readonly text: string;
}

export interface ObjectVerdict {
  readonly path: string;
  readonly size: number;
  /** `skipped`: there, of the right size, and not read, after `--sample`. */
  readonly result: 'whole' | 'skipped' | Finding;
  readonly problem: string | undefined;
}

export type CopyVerdict =
  | VerifiedCopy
  /** A copy of the original PALHM, or one that was removed meanwhile. */
  | { readonly type: 'passed-over'; readonly prefix: Prefix; readonly why: string };

export interface VerifiedCopy {
  readonly type: 'verified';
  readonly prefix: Prefix;
  readonly result: 'whole' | Finding;
  readonly depth: 'stored' | 'decoded';
  /** How many objects were read, of how many. */
  readonly read: number;
  readonly of: number;
  /** Bytes of those that were read. */
  readonly size: number;
  /** All of them, those of objects too. */
  readonly problems: readonly Problem[];
  /** Sorted by path. Empty when there is no manifest to know them from. */
  readonly objects: readonly ObjectVerdict[];
  readonly durationMs: number;
  /** Whether the result lies beside the manifest now. */
  readonly recorded: boolean;
}

/** Damage outweighs what could not be read. */
export function resultOf(problems: readonly Problem[]): VerifiedCopy['result'] {
  if (problems.some(({ finding }) => finding === 'damaged')) return 'damaged';
  return problems.length === 0 ? 'whole' : 'unread';
}
