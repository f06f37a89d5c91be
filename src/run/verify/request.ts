/** What a verify is asked to do, and what it returns. */
import type { CopyVerdict } from '../../copy/verdict.js';

export interface VerifyRequest {
  /** Undefined: the only backup. */
  readonly task: string | undefined;
  /** A prefix, `latest` or `all`. */
  readonly copy: string;
  /** Also run what undoes the filters. */
  readonly decode: boolean;
  /** Which part of the objects to read, above 0 and at most 1: chosen at random, by their number, at least one. */
  readonly sample: number;
  /** A person has said yes to commands that no config knows. */
  readonly confirmed: boolean;
}

export interface VerifyResult {
  readonly task: string;
  readonly verdicts: readonly CopyVerdict[];
}
