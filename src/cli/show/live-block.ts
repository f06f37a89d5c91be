/**
 * A block of lines at the bottom of a terminal that is drawn again and again, while other lines scroll above it. The cursor
 * stays below the block. It uses controls of ECMA-48 (CUU, EL, ED) and DECAWM: wrapping is off while the block is drawn,
 * because a line that wraps, such as one of wide characters, would take more rows than the next frame moves up.
 */
import { widthOf } from '../../report/text.js';
import type { Output } from './view.js';

const UP = (rows: number): string => `\u001b[${rows}A`;
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';

export interface LiveBlock {
  /** Prints `above` above the block and draws the block again. Writes nothing and returns false if nothing changed. */
  draw(frame: { readonly above: readonly string[]; readonly lines: readonly string[] }): boolean;
}

export function createLiveBlock(output: Output): LiveBlock {
  let drawn: readonly string[] = [];
  let columns = output.columns;
  return {
    draw({ above, lines }) {
      if (above.length === 0 && isSame(lines, drawn)) return false;
      const isResized = columns !== output.columns;
      columns = output.columns;
      output.write(
        moveToTop(drawn, columns) +
          (isResized || above.length > 0 ? ERASE_BELOW : '') +
          above.map((line) => `${line}\n`).join('') +
          renderLines(lines) +
          (lines.length < drawn.length ? ERASE_BELOW : ''),
      );
      drawn = lines;
      return true;
    },
  };
}

function isSame(lines: readonly string[], drawn: readonly string[]): boolean {
  return lines.length === drawn.length && lines.every((line, index) => line === drawn[index]);
}

/** When a window becomes narrower, it wraps the lines of the last frame: one line may then take several rows. */
function moveToTop(drawn: readonly string[], columns: number | undefined): string {
  const width = columns === undefined || columns <= 0 ? Number.POSITIVE_INFINITY : columns;
  const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width)), 0);
  return rows === 0 ? '' : `\r${UP(rows)}`;
}

function renderLines(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `${WRAP_OFF}${lines.map((line) => `${line}${ERASE_LINE_END}\n`).join('')}${WRAP_ON}`;
}
