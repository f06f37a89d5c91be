/** The records beside a manifest as JSON: each is one small file, replaced by the next of its kind. doc/manifest.md describes them. */
import type { CopyRecords, DrillRecord, RecordKind, VerifyRecord } from '../copy/records.js';
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
