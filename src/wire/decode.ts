/**
 * Reads documented JSON. It may be damaged, of a later version, or made by an attacker. Each kind has a schema,
 * `schema/KIND.schema.json`, and a validator that schema/generate.mjs makes from the schema. The validator is loaded when
 * the first text of its kind is read. Unknown keys are ignored: a later version may add some.
 */
import { createRequire } from 'node:module';
import type { SchemaError, Validator } from '../config/check/schema-error.js';
import type { Manifest } from '../copy/manifest.js';
import type { DrillRecord, VerifyRecord } from '../copy/records.js';
import { messageOf } from '../failure/failure.js';
import type { Parsed } from '../units/parsed.js';
import { findExcess } from './bounds.js';
import type { CopiesJson } from './copies.js';
import type { CopyJson } from './copy.js';
import type { EventLine } from './event.js';
import type { FindingsJson } from './findings.js';
import type { ModulesJson } from './modules.js';
import type { CopyMarker, DrillNote, FreezeNote, LockHolder, LockLease } from './own-files.js';
import type { PlanJson } from './plan.js';
import type { RotationJson } from './rotation.js';
import type { RunReportJson } from './run-report.js';
import { describeSchemaError, describeWrong } from './schema-problem.js';
import type { StatusJson } from './status.js';
import type { VerdictsJson } from './verdicts.js';

/** Every kind of documented JSON, by the name of its schema. */
export interface Documents {
  // Files in a copy.
  readonly manifest: Manifest;
  readonly 'verify-record': VerifyRecord & Versioned;
  readonly 'drill-record': DrillRecord & Versioned;
  // Files that palhm leaves for its other runs.
  readonly 'copy-marker': CopyMarker;
  readonly 'drill-note': DrillNote;
  readonly 'freeze-note': FreezeNote;
  readonly 'lock-holder': LockHolder;
  readonly 'lock-lease': LockLease;
  // The output of commands.
  readonly copies: CopiesJson;
  readonly copy: CopyJson;
  readonly event: EventLine;
  readonly findings: FindingsJson;
  readonly modules: ModulesJson;
  readonly plan: PlanJson;
  readonly rotation: RotationJson;
  readonly 'run-report': RunReportJson;
  readonly status: StatusJson;
  readonly verdicts: VerdictsJson;
}

interface Versioned {
  readonly format: 1;
}

export type Kind = keyof Documents;

/** The newest known format of the kinds that outlive the palhm that wrote them. */
const FORMATS: Readonly<Partial<Record<Kind, number>>> = {
  manifest: 1,
  'verify-record': 1,
  'drill-record': 1,
};

const KIB = 1024;
const MIB = 1024 * KIB;

/** In bytes. Palhm writes no larger ones. */
export const LARGEST: Readonly<Record<Kind, number>> = {
  // 2 KiB for each of 100,000 objects: one with three stages takes about 1.6 KiB. See LARGEST_MANIFEST.
  manifest: 192 * MIB,
  // 100 problems, and 100 of the decoding, each with a long path.
  'verify-record': 8 * MIB,
  'drill-record': MIB,
  'copy-marker': 64 * KIB,
  'drill-note': 64 * KIB,
  // Each command with its environment, of which execve(2) takes no more than 6 MiB.
  'freeze-note': 64 * MIB,
  'lock-holder': 64 * KIB,
  'lock-lease': 64 * KIB,
  copies: 256 * MIB,
  copy: 256 * MIB,
  event: 16 * MIB,
  findings: 16 * MIB,
  modules: MIB,
  plan: 256 * MIB,
  rotation: 256 * MIB,
  'run-report': 256 * MIB,
  status: 16 * MIB,
  verdicts: 256 * MIB,
};

/** `problem` is a phrase that follows the name of the text: `is not valid: "host" is missing`. */
export function decode<K extends Kind>(kind: K, text: string): Parsed<Documents[K]> {
  const excess = findExcess(text, LARGEST[kind]);
  if (excess !== undefined) return { ok: false, problem: excess };
  const parsed = parseJson(text);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  const problem = checkFormat(FORMATS[kind], value) ?? checkSchema(kind, value);
  if (problem !== undefined) return { ok: false, problem: `is not valid: ${problem}` };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema was checked; a test compares it with the type
  return { ok: true, value: value as Documents[K] };
}

function parseJson(text: string): Parsed<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    if (text.trim() === '') return { ok: false, problem: 'is empty' };
    if (text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}'))
      return { ok: false, problem: 'is truncated: it ends before its last brace' };
    return { ok: false, problem: `is not JSON: ${messageOf(error)}` };
  }
}

/** Checked before the schema: for a newer format the schema would only report differences from the known one. */
function checkFormat(known: number | undefined, value: unknown): string | undefined {
  if (known === undefined || typeof value !== 'object' || value === null) return undefined;
  const format = 'format' in value ? value.format : undefined;
  // The schema refuses what is no version number.
  if (typeof format !== 'number' || !Number.isSafeInteger(format) || format < 0) return undefined;
  if (format === known) return undefined;
  return format > known
    ? `format ${format} is newer than this palhm knows (${known})`
    : describeWrong('format', format, `a format that palhm has written (${known})`);
}

const load = createRequire(import.meta.url);

function checkSchema(kind: Kind, value: unknown): string | undefined {
  const validate: Validator = load(`./gen/${kind}.cjs`);
  if (validate(value)) return undefined;
  const [error]: readonly SchemaError[] = validate.errors ?? [];
  return error === undefined
    ? 'it is not as its schema asks for'
    : describeSchemaError(value, error);
}
