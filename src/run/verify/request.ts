/** What a verify is asked to do, and what it returns. */
import type { CopyVerdict } from '../../copy/verdict.js';

export interface VerifyRequest {
  /** Undefined: the only backup. */
  readonly task: string | undefined;
  /** A prefix, `latest` or `all`. */
  readonly copy: string;
  /** Whether to undo the filters, too. */
  readonly decode: boolean;
  /** The part of the objects to read: above 0 and at most 1. They are chosen at random; at least one is read. */
  readonly sample: number;
  /** Whether a person has said yes to commands that no config knows. */
  readonly confirmed: boolean;
}

export interface VerifyResult {
  readonly task: string;
  readonly verdicts: readonly CopyVerdict[];
}
