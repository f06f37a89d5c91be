/** What is wrong with a config: all of it at once, each with the bytes it is about. */
import { isAbsolute, relative, sep } from 'node:path';
import type { FailureCode } from '../../failure/codes.js';
import { Failure, type Place } from '../../failure/failure.js';
import { lineOf, placeOf, type Span } from './source.js';

type ConfigCode = Extract<FailureCode, `CONFIG_${string}`>;

export interface Diagnostic {
  readonly code: ConfigCode;
  /** One sentence. */
  readonly message: string;
  /** What to do, as a sentence. */
  readonly hint: string | undefined;
  /** Undefined when no file could be read at all. */
  readonly place: Place | undefined;
  /** UTF-16 units of offending text from the place on; what lies beyond the end of the line is not underlined. */
  readonly length: number;
  /** The line the place is on. */
  readonly sourceLine: string | undefined;
  readonly notes: readonly Note[];
}

/** Another place that matters: `included by palhm.jsonc:2:14`. */
export interface Note {
  readonly text: string;
  readonly place: Place;
}

export interface Finding {
  readonly code: ConfigCode;
  readonly message: string;
  readonly at: Span | undefined;
  readonly hint?: string | undefined;
  readonly notes?: readonly Note[];
  /** The line it is on is not shown. */
  readonly isSecret?: boolean;
}

/** A config that cannot be used. `diagnostics` has every problem, sorted. */
export class ConfigErrors extends Failure {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const [first] = diagnostics;
    super({
      code: first?.code ?? 'CONFIG_VALUE',
      message: first?.message ?? 'The config is wrong.',
      ...(first?.place === undefined ? {} : { place: first.place }),
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
    });
    this.diagnostics = diagnostics;
  }
}

export function toDiagnostic(finding: Finding): Diagnostic {
  const { at } = finding;
  return {
    code: finding.code,
    message: finding.message,
    hint: finding.hint,
    place: at === undefined ? undefined : placeOf(at),
    length: at?.length ?? 0,
    sourceLine: at === undefined || finding.isSecret === true ? undefined : lineOf(at),
    notes: [...(finding.notes ?? []), ...inclusionNotes(at)],
  };
}

export function note(text: string, at: Span): Note {
  return { text, place: placeOf(at) };
}

function inclusionNotes(at: Span | undefined): readonly Note[] {
  const by = at?.source.includedBy;
  return by === undefined ? [] : [note('included by', by), ...inclusionNotes(by)];
}

/** By file in the order the files were read, then by line and column. What has no place comes first. */
export function sortDiagnostics(
  diagnostics: readonly Diagnostic[],
  files: readonly string[],
): readonly Diagnostic[] {
  const order = (one: Diagnostic): number => files.indexOf(one.place?.file ?? '');
  return [...diagnostics].sort(
    (a, b) =>
      order(a) - order(b) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
}

/** The diagnostic for people, without a final newline. File names below `from` are shown relative to it. */
export function renderDiagnostic(diagnostic: Diagnostic, from: string = process.cwd()): string {
  const { code, message, hint, place, notes } = diagnostic;
  return [
    place === undefined ? `error ${code}` : `error ${code}  ${showPlace(place, from)}`,
    `  ${hint === undefined ? message : `${message} ${hint}`}`,
    ...renderSource(diagnostic),
    ...notes.map((one) => `  ${one.text} ${showPlace(one.place, from)}`),
  ].join('\n');
}

/** Every diagnostic, and how many they are. Without a final newline. */
export function renderProblems(
  diagnostics: readonly Diagnostic[],
  from: string = process.cwd(),
): string {
  const count = diagnostics.length === 1 ? '1 problem' : `${diagnostics.length} problems`;
  const shown = diagnostics.map((one) => renderDiagnostic(one, from));
  return [...shown, `${count}. Nothing was run.`].join('\n');
}

function renderSource({ place, sourceLine, length }: Diagnostic): readonly string[] {
  if (place === undefined || sourceLine === undefined) return [];
  const number = String(place.line).padStart(5);
  const { line, column } = fitLine(sourceLine, place.column - 1);
  const before = line.slice(0, column);
  const under = Math.max(1, Math.min(length, line.length - column));
  // A tab under a tab keeps the marks below the text, however wide the terminal makes it.
  const indent = before.replace(/[^\t]/g, ' ');
  return [`${number} | ${line}`, `${' '.repeat(number.length)} | ${indent}${'~'.repeat(under)}`];
}

const LONGEST_LINE = 160;

/** A line that is too long to read, cut to what is around a column. */
function fitLine(line: string, column: number): { line: string; column: number } {
  if (line.length <= LONGEST_LINE) return { line, column };
  const start = Math.max(0, Math.min(column - 60, line.length - LONGEST_LINE));
  const end = start + LONGEST_LINE;
  const [left, right] = [start > 0 ? '…' : '', end < line.length ? '…' : ''];
  return { line: left + line.slice(start, end) + right, column: column - start + left.length };
}

function showPlace(place: Place, from: string): string {
  return `${showFile(place.file, from)}:${place.line}:${place.column}`;
}

/** A file name for people: relative when it is below `from`. The name of a text stays as it is. */
export function showFile(file: string, from: string): string {
  if (!isAbsolute(file)) return file;
  const shown = relative(from, file);
  return shown === '..' || shown.startsWith(`..${sep}`) ? file : shown;
}
