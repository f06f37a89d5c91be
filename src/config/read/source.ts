/** The text of a config, and how a position in it becomes a line and a column. */
import { dirname } from 'node:path';
import type { Place } from '../../failure/failure.js';

/** Where a config comes from. */
export type ConfigSource =
  | { readonly type: 'file'; readonly path: string }
  | {
      readonly type: 'text';
      readonly text: string;
      /** What diagnostics call it, such as `request` or `<stdin>`. */
      readonly name: string;
      /** Relative paths in the text start here. */
      readonly directory: string;
    };

/** One text of a config: a file, or the text that was given. */
export interface SourceFile {
  /** The absolute path of a file, the given name of a text. */
  readonly name: string;
  /** Absolute: relative paths in the text start here. */
  readonly directory: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
  /** The first entry of `include` that named the file; undefined for the source that was asked for. */
  readonly includedBy: Span | undefined;
}

/** A part of a text. Offset and length count UTF-16 units. */
export interface Span {
  readonly source: SourceFile;
  readonly offset: number;
  readonly length: number;
}

/** `path` is absolute. */
export function toFile(path: string, text: string, includedBy: Span | undefined): SourceFile {
  return { ...toSource(path, dirname(path), text), includedBy };
}

/** `directory` is absolute. */
export function toSource(name: string, directory: string, text: string): SourceFile {
  return { name, directory, text, lineStarts: findLineStarts(text), includedBy: undefined };
}

function findLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

export function placeOf(span: Span): Place {
  const line = findLine(span.source.lineStarts, span.offset);
  const start = span.source.lineStarts[line] ?? 0;
  return { file: span.source.name, line: line + 1, column: span.offset - start + 1 };
}

/** The text of a span. */
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
