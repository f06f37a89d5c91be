/** What is known of a copy beyond its manifest: that it was verified, that it was restored in a drill. Times are ISO 8601 in UTC. */

export type RecordKind = 'verify' | 'drill';

/** The names of the records in the directory of their copy. */
export const RECORD_NAMES: Readonly<Record<RecordKind, string>> = {
  verify: '.palhm-verify.json',
  drill: '.palhm-drill.json',
};

export interface CopyRecords {
  readonly verify: VerifyRecord | undefined;
  readonly drill: DrillRecord | undefined;
}

export const NO_RECORDS: CopyRecords = { verify: undefined, drill: undefined };

export interface VerifyRecord {
  readonly at: string;
  /** By which host. */
  readonly host: string;
  readonly result: 'whole' | 'damaged';
  /** `stored`: the stored bytes were hashed; `decoded`: they were also run through the inverse filters. */
  readonly depth: 'stored' | 'decoded';
  /** How many objects were read, of how many: fewer after `--sample`. */
  readonly read: number;
  readonly of: number;
  /** A sentence for each thing that is wrong. */
  readonly problems: readonly string[];
}

export interface DrillRecord {
  readonly at: string;
  readonly host: string;
  readonly result: 'passed' | 'failed';
  readonly durationMs: number;
  /** What failed; null when nothing did. */
  readonly problem: string | null;
}

/** Whether all of it was read and found whole. */
export function isVerified({ verify }: CopyRecords): boolean {
  return verify !== undefined && verify.result === 'whole' && verify.read === verify.of;
}
