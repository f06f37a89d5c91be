/** Diagnostics as text for people, harmless to a terminal. */
import { isAbsolute, relative, sep } from 'node:path';
import type { Place } from '../../failure/failure.js';
import { escapeControls, escapeLine } from '../../units/escape.js';
import type { ConfigErrors, Diagnostic } from './diagnostics.js';

/** The diagnostic for people, without a final newline. File names below `from` are shown relative to it. */
export function renderDiagnostic(diagnostic: Diagnostic, from: string = process.cwd()): string {
  const { code, message, hint, place, notes } = diagnostic;
  return [
    place === undefined ? `error ${code}` : `error ${code}  ${showPlace(place, from)}`,
    `  ${escapeControls(hint === undefined ? message : `${message} ${hint}`)}`,
    ...renderSource(diagnostic),
    ...notes.map((one) => `  ${one.text} ${showPlace(one.place, from)}`),
  ].join('\n');
}

/** All diagnostics, their number, and what was not run because of them. Without a final newline. */
export function renderProblems(
  { diagnostics, left }: Pick<ConfigErrors, 'diagnostics' | 'left'>,
  from: string = process.cwd(),
): string {
  const count = diagnostics.length === 1 ? '1 problem' : `${diagnostics.length} problems`;
  const texts = diagnostics.map((one) => renderDiagnostic(one, from));
  return [...texts, `${count}. ${escapeControls(left)}.`].join('\n');
}

function renderSource({ place, sourceLine, length }: Diagnostic): readonly string[] {
  if (place === undefined || sourceLine === undefined) return [];
  const number = String(place.line).padStart(5);
  const { line, column } = fitLine(sourceLine, place.column - 1);
  const before = escapeLine(line.slice(0, column));
  const under = Math.max(1, escapeLine(line.slice(column, column + length)).length);
  // Tabs stay tabs, so that the marks are below the text whatever the width of a tab is.
  const indent = before.replace(/[^\t]/g, ' ');
  return [
    `${number} | ${escapeLine(line)}`,
    `${' '.repeat(number.length)} | ${indent}${'~'.repeat(under)}`,
  ];
}

const LONGEST_LINE = 160;

/** Cuts a long line to the part around a column. */
function fitLine(line: string, column: number): { line: string; column: number } {
  if (line.length <= LONGEST_LINE) return { line, column };
  const start = Math.max(0, Math.min(column - 60, line.length - LONGEST_LINE));
  const end = start + LONGEST_LINE;
  const [left, right] = [start > 0 ? '…' : '', end < line.length ? '…' : ''];
  return { line: left + line.slice(start, end) + right, column: column - start + left.length };
}

function showPlace(place: Place, from: string): string {
  return `${escapeControls(showFile(place.file, from))}:${place.line}:${place.column}`;
}

/** A file name for people, not escaped: relative when it is below `from`. The name of a text stays as it is. */
export function showFile(file: string, from: string): string {
  if (!isAbsolute(file)) return file;
  const short = relative(from, file);
  return short === '..' || short.startsWith(`..${sep}`) ? file : short;
}
