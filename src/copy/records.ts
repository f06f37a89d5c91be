/**
 * What is known of a copy beyond its manifest: that it was verified, that it was restored in a drill. Each is one small
 * file beside the manifest, replaced by the next of its kind. doc/manifest.md describes them. Times are ISO 8601 in UTC.
 */

import { readInstant } from './instant.js';
import {
  type Field,
  FieldProblem,
  fieldOf,
  itemsOf,
  measureOf,
  orNull,
  textOf,
  wholeNumberOf,
  wrong,
} from './json-fields.js';

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

const FORMAT = 1;

export function renderVerifyRecord(record: VerifyRecord): string {
  const { at, host, result, depth, read, of, problems } = record;
  return render({ format: FORMAT, at, host, result, depth, read, of, problems });
}

export function renderDrillRecord(record: DrillRecord): string {
  const { at, host, result, durationMs, problem } = record;
  return render({ format: FORMAT, at, host, result, durationMs, problem });
}

function render(record: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** From the texts that lie beside a manifest. One that cannot be read says nothing: it is as if it were not there. */
export function parseRecords(texts: Readonly<Record<RecordKind, string | undefined>>): CopyRecords {
  return {
    verify: parseRecord(texts.verify, readVerifyRecord),
    drill: parseRecord(texts.drill, readDrillRecord),
  };
}

function parseRecord<T>(text: string | undefined, read: (root: Field) => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    const root: Field = { path: '', value: JSON.parse(text) };
    return wholeNumberOf(fieldOf(root, 'format')) === FORMAT ? read(root) : undefined;
  } catch (error) {
    if (error instanceof FieldProblem || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readVerifyRecord(root: Field): VerifyRecord {
  return {
    at: readInstant(fieldOf(root, 'at')),
    host: textOf(fieldOf(root, 'host')),
    result: oneOf(fieldOf(root, 'result'), ['whole', 'damaged']),
    depth: oneOf(fieldOf(root, 'depth'), ['stored', 'decoded']),
    read: wholeNumberOf(fieldOf(root, 'read')),
    of: wholeNumberOf(fieldOf(root, 'of')),
    problems: itemsOf(fieldOf(root, 'problems')).map((problem) => textOf(problem)),
  };
}

function readDrillRecord(root: Field): DrillRecord {
  return {
    at: readInstant(fieldOf(root, 'at')),
    host: textOf(fieldOf(root, 'host')),
    result: oneOf(fieldOf(root, 'result'), ['passed', 'failed']),
    durationMs: measureOf(fieldOf(root, 'durationMs')),
    problem: orNull(fieldOf(root, 'problem'), textOf),
  };
}

function oneOf<const T extends string>(field: Field, known: readonly T[]): T {
  const found = known.find((one) => one === field.value);
  if (found === undefined) throw wrong(field, `one of ${known.join(', ')}`);
  return found;
}
