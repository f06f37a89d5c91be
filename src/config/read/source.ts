/** A config file as text, and how a position in it becomes a place for people. */
import type { Place } from '../../failure/failure.js';

export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
  /** The entry of `include` that first led here; undefined for the file that was asked for. */
  readonly includedBy: Span | undefined;
}

/** A stretch of a file. Offset and length count UTF-16 units. */
export interface Span {
  readonly source: SourceFile;
  readonly offset: number;
  readonly length: number;
}

export function toSource(path: string, text: string, includedBy: Span | undefined): SourceFile {
  return { path, text, lineStarts: findLineStarts(text), includedBy };
}

function findLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

export function placeOf(span: Span): Place {
  const line = findLine(span.source.lineStarts, span.offset);
  const start = span.source.lineStarts[line] ?? 0;
  return { file: span.source.path, line: line + 1, column: span.offset - start + 1 };
}

/** The text of a span, as it is written. */
export function textOf({ source, offset, length }: Span): string {
  return source.text.slice(offset, offset + length);
}

/** The whole line on which a span starts, without its end of line. */
export function lineOf(span: Span): string {
  const { lineStarts, text } = span.source;
  const line = findLine(lineStarts, span.offset);
  return text.slice(lineStarts[line], lineStarts[line + 1]).replace(/\r?\n$/, '');
}

/** The last line that starts at or before the offset. */
function findLine(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
