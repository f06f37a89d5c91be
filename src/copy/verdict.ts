/** The results of a verify. */
import type { Failure } from '../failure/failure.js';
import type { Prefix } from './prefix.js';

/**
 * `undecodable`: its bytes are right, but could not be decoded here: perhaps the key is on another host, perhaps the dump was bad
 * when it was made. `unread`: it could not be read for a reason that has nothing to do with the copy, so it may be damaged or not.
 */
export type Finding = 'damaged' | 'undecodable' | 'unread';

/**
 * What a failure says of the copy that was read. Damage is a verdict on bytes: they were read and are wrong, or the store says
 * that there are none. Any error in their place (EIO, ESTALE, a missing right, an answer of 500) says nothing about them: the disk
 * may be well in another machine, the mount after a reboot.
 */
export function findingOf({ code }: Failure): Finding {
  return ['COPY_DAMAGED', 'MANIFEST_INVALID', 'SIGNATURE_INVALID'].includes(code)
    ? 'damaged'
    : 'unread';
}

export interface Problem {
  readonly finding: Finding;
  /** A sentence without a full stop. It names the object or file. */
  readonly text: string;
}

export interface ObjectVerdict {
  readonly path: string;
  readonly size: number;
  /** `skipped`: it exists with the right size, but `--sample` has not chosen it to be read. */
  readonly result: 'whole' | 'skipped' | Finding;
  readonly problem: string | undefined;
}

export type CopyVerdict =
  | VerifiedCopy
  /** A copy without a manifest, or one that was removed during the verify. */
  | { readonly type: 'passed-over'; readonly prefix: Prefix; readonly why: string };

export interface VerifiedCopy {
  readonly type: 'verified';
  readonly prefix: Prefix;
  readonly result: 'whole' | Finding;
  readonly depth: 'stored' | 'decoded';
  /** How many objects were read, of how many. */
  readonly read: number;
  readonly of: number;
  /** Bytes of the objects that were read. */
  readonly size: number;
  /** Of the copy and of all its objects. */
  readonly problems: readonly Problem[];
  /** Sorted by path. Empty without a usable manifest. */
  readonly objects: readonly ObjectVerdict[];
  readonly durationMs: number;
  /** Whether the result was stored beside the manifest. */
  readonly recorded: boolean;
}

/** The worst, from the worst on. */
const FINDINGS: readonly Finding[] = ['damaged', 'undecodable', 'unread'];

export function resultOf(problems: readonly Pick<Problem, 'finding'>[]): VerifiedCopy['result'] {
  return FINDINGS.find((one) => problems.some(({ finding }) => finding === one)) ?? 'whole';
}
