/** Problems of a config: they are collected, and each has the part of the text that it is about. */
import type { FailureCode } from '../../failure/codes.js';
import { Failure, type Place } from '../../failure/failure.js';
import { shownLineOf } from './masked-text.js';
import { placeOf, type SourceFile, type Span } from './source.js';
import type { ConfigNode } from './tree.js';

type ConfigCode = Extract<FailureCode, `CONFIG_${string}`>;

export interface Diagnostic {
  readonly code: ConfigCode;
  /** One sentence. */
  readonly message: string;
  /** What to do, as a sentence. */
  readonly hint: string | undefined;
  /** Undefined when no file could be read at all. */
  readonly place: Place | undefined;
  /** Length of the wrong text in UTF-16 units. Only its first line is underlined. */
  readonly length: number;
  /** The line of the place. */
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
  /** True: the line has a secret and must not be shown. */
  readonly isSecret?: boolean;
}

/** A config that cannot be used. `diagnostics` has all its problems, sorted. */
export class ConfigErrors extends Failure {
  readonly diagnostics: readonly Diagnostic[];
  /** What was not done because of them, as a sentence without its dot. */
  readonly left: string;

  constructor(diagnostics: readonly Diagnostic[], left = 'Nothing was run') {
    const [first] = diagnostics;
    super({
      code: first?.code ?? 'CONFIG_VALUE',
      message: first?.message ?? 'The config is wrong.',
      place: first?.place,
      hint: first?.hint,
    });
    this.diagnostics = diagnostics;
    this.left = left;
  }
}

/** The problems that the stages of loading have found, and the parts of the tree that later stages must not use. */
export interface Problems {
  readonly found: Diagnostic[];
  /** What does not keep a config from being used, as sentences. */
  readonly warnings: string[];
  /** Nodes of a wrong type or form. */
  readonly wrong: Set<ConfigNode>;
  /** Wrong nodes and all nodes that contain one. */
  readonly tainted: Set<ConfigNode>;
}

export function noProblems(): Problems {
  return { found: [], warnings: [], wrong: new Set(), tainted: new Set() };
}

export function report(problems: Problems, finding: Finding): void {
  problems.found.push(toDiagnostic(finding));
}

export function toDiagnostic(finding: Finding): Diagnostic {
  const { at } = finding;
  return {
    code: finding.code,
    message: finding.message,
    hint: finding.hint,
    place: at === undefined ? undefined : placeOf(at),
    length: at?.length ?? 0,
    sourceLine: at === undefined || finding.isSecret === true ? undefined : showLineOf(at),
    notes: [...(finding.notes ?? []), ...inclusionNotes(at)],
  };
}

const shownLines = new WeakMap<SourceFile, Map<number, string>>();

/** Made once for each line: a config of one long line may have thousands of problems. */
function showLineOf(at: Span): string {
  const lines = shownLines.get(at.source) ?? new Map<number, string>();
  shownLines.set(at.source, lines);
  const { line } = placeOf(at);
  const shown = lines.get(line) ?? shownLineOf(at);
  lines.set(line, shown);
  return shown;
}

export function note(text: string, at: Span): Note {
  return { text, place: placeOf(at) };
}

function inclusionNotes(at: Span | undefined): readonly Note[] {
  const by = at?.source.includedBy;
  return by === undefined ? [] : [note('included by', by), ...inclusionNotes(by)];
}

/** By file in the order of reading, then by line and column. Diagnostics without a place come first. */
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
