/** Escapes, measures, shortens and aligns text that people read in a terminal. */

/** Controls (C0, C1), invisible format characters, lone surrogates and the line separators of Unicode. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

/** The text on one line, without control of the terminal: unprintable characters become `\n`, `\x1b`, `\u{202e}`. */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return (
      SHORT_ESCAPES.get(character) ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`)
    );
  });
}

/** The same for a line that a program printed. Its tabs are kept. */
export function escapeLine(line: string): string {
  return line.split('\t').map(escapeControls).join('\t');
}

/** The same for a text of several lines. Each line becomes one element. */
export function escapeLines(text: string): readonly string[] {
  return text.split('\n').map(escapeLine);
}

/** A combining mark takes no cell of a terminal. */
const MARK = /^\p{M}$/u;
/** A character of East Asian Width W or F (UAX #11) takes two cells, and so does an emoji. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** The number of cells that the text takes in a terminal. */
export function widthOf(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + cellsOf(character), 0);
}

function cellsOf(character: string): number {
  if (WIDE.test(character)) return 2;
  return MARK.test(character) ? 0 : 1;
}

/** At most `width` wide. A longer text loses its middle: of a path, both ends are useful. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return '';
  const tail = Math.floor((width - 1) / 2);
  const reversed = Array.from(text).reverse().join('');
  const end = Array.from(takeCells(reversed, tail)).reverse().join('');
  return `${takeCells(text, width - 1 - tail)}…${end}`;
}

/** At most `width` wide. A longer text loses its end. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return width <= 0 ? '' : `${takeCells(text, width - 1)}…`;
}

/** As much of the beginning as fits into `cells`. */
function takeCells(text: string, cells: number): string {
  let taken = '';
  let room = cells;
  for (const character of text) {
    room -= cellsOf(character);
    if (room < 0) break;
    taken += character;
  }
  return taken;
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
