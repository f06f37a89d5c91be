/** Small tools for text that people read in a terminal. Widths count code points. */

/** Controls (C0, C1), invisible format characters, lone surrogates and the line separators of Unicode. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
]);

/** The text on one line, unable to drive a terminal: what cannot be printed is written as `\n`, `\x1b`, `\u{202e}`. */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return (
      SHORT_ESCAPES.get(character) ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`)
    );
  });
}

/** The same for a line that a program printed: its tabs stay. */
export function escapeLine(line: string): string {
  return line.split('\t').map(escapeControls).join('\t');
}

/** The same for a text of several lines: its line breaks stay. */
export function escapeLines(text: string): readonly string[] {
  return text.split('\n').map(escapeLine);
}

export function widthOf(text: string): number {
  return Array.from(text).length;
}

/** At most `width` wide. What is too long loses its middle: of a path, both ends tell. */
export function truncate(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  if (width <= 0) return '';
  const tail = Math.floor((width - 1) / 2);
  const head = width - 1 - tail;
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`;
}

/** At most `width` wide, cut at its end. */
export function cut(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  return width <= 0 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}

export type Alignment = 'left' | 'right';

export function pad(text: string, width: number, alignment: Alignment): string {
  const blank = ' '.repeat(Math.max(0, width - widthOf(text)));
  return alignment === 'left' ? text + blank : blank + text;
}

/** The rows in columns two spaces apart, without blanks at the end of a line. Cells are escaped here. */
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

/** `1 copy`, `2 copies`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** Elapsed time as a clock that keeps its width: `0:07`, `12:05`, `1:02:03`. */
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
