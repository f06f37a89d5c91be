/** Measures, shortens and aligns text that people read in a terminal, and writes names and times as they are written. */
import stringWidth from 'string-width';
import { formatDuration } from '../units/duration.js';
import { escapeControls } from '../units/escape.js';

/** What a reader takes for one character: a letter with its marks, an emoji of several parts. */
const characters = new Intl.Segmenter();

function charactersOf(text: string): readonly string[] {
  return Array.from(characters.segment(text), ({ segment }) => segment);
}

/** The number of cells that the text takes in a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** At most `width` wide. A longer text loses its middle: of a path, both ends are useful. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return '';
  const tail = Math.floor((width - 1) / 2);
  const all = charactersOf(text);
  const end = takeCells(all.toReversed(), tail).toReversed();
  return `${takeCells(all, width - 1 - tail).join('')}…${end.join('')}`;
}

/** At most `width` wide. A longer text loses its end. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width <= 0 ? '' : `${takeCells(charactersOf(text), width - 1).join('')}…`;
}

/** As many of the first characters as fit into `cells`. */
function takeCells(all: readonly string[], cells: number): readonly string[] {
  let room = cells;
  const end = all.findIndex((character) => {
    room -= widthOf(character);
    return room < 0;
  });
  return end === -1 ? all : all.slice(0, end);
}

export type Alignment = 'left' | 'right';

export function pad(text: string, width: number, alignment: Alignment): string {
  const blank = ' '.repeat(Math.max(0, width - widthOf(text)));
  return alignment === 'left' ? text + blank : blank + text;
}

/** Rows in columns with two blanks between them, without trailing blanks. Escapes the cells. */
export function renderTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): readonly string[] {
  const cells = rows.map((row) => row.map(escapeControls));
  const widths = alignments.map((_, column) =>
    cells.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), 0),
  );
  return cells.map((row) =>
    alignments
      .map((alignment, column) => pad(row[column] ?? '', widths[column] ?? 0, alignment))
      .join('  ')
      .trimEnd(),
  );
}

/** Elapsed time as on a clock: `0:07`, `12:05`, `1:02:03`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = twoDigits(seconds % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${tail}` : `${minutes}:${tail}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** A name as people write it. */
export function quoteName(name: string): string {
  return `"${escapeControls(name)}"`;
}

export function formatTime(ms: number): string {
  return formatDuration({ ms });
}
