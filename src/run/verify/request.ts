/** What a verify is asked to do. */
import type { BackupPlan } from '../../config/plan/plan.js';
import type { Sink } from '../../sink/sink.js';

export interface VerifyRequest {
  readonly backup: BackupPlan;
  readonly sink: Sink;
  /** A prefix, `latest` or `all`. */
  readonly copy: string;
  /** Also run what undoes the filters. */
  readonly decode: boolean;
  /** Which part of the objects to read, above 0 and at most 1: chosen at random, by their number, at least one. */
  readonly sample: number;
  /** A person has said yes to commands that no config knows. */
  readonly confirmed: boolean;
}
