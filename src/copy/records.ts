/** What is stored about a copy beside its manifest: its last verify and its last drill. Times are ISO 8601 in UTC. */

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
  /** The host that ran the verify. */
  readonly host: string;
  readonly result: 'whole' | 'damaged';
  /** `stored`: the stored bytes were hashed. `decoded`: the inverses of the filters were run as well. */
  readonly depth: 'stored' | 'decoded';
  /**
   * How many objects were read, of how many. With `--sample` not all are read. Of a copy that is not damaged: how many were
   * found whole, so not those that could not be decoded.
   */
  readonly read: number;
  readonly of: number;
  /** One sentence for each problem. */
  readonly problems: readonly string[];
  /** The last decoding, when it failed though the bytes were right. Says nothing of `result`. */
  readonly undecoded?: Undecoded | undefined;
}

export interface Undecoded {
  readonly at: string;
  readonly host: string;
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

/** Whether all objects were read and are whole. */
export function isVerified({ verify }: CopyRecords): boolean {
  return verify !== undefined && verify.result === 'whole' && verify.read === verify.of;
}
