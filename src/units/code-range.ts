/**
 * Which exit codes of a program count as success: `ec` in the config. The forms are those of the original PALHM.
 *
 * `"0"` and `"==0"` are one code, `"<2"`, `"<=1"`, `">0"`, `">=0"` are bounds, `"0-1"` has both ends. Spaces are allowed
 * around every part. Exit codes are 0 to 255 (wait(2) keeps eight bits), so a range is cut to these. A range without any
 * of these is refused, because such a program could never succeed.
 */
import type { Parsed } from './parsed.js';

/** The exit codes that count as success, both ends included, within 0 to 255. */
export interface CodeRange {
  readonly min: number;
  readonly max: number;
}

const HIGHEST = 255;
const BOUND = /^\s*(==|<=|>=|<|>)?\s*(\d+)\s*$/;
const SPAN = /^\s*(\d+)\s*-\s*(\d+)\s*$/;

export function parseCodeRange(text: string): Parsed<CodeRange> {
  const span = readSpan(text);
  if (span !== undefined && span.min > span.max) {
    return { ok: false, problem: 'is a range that ends before it begins' };
  }
  const range = span ?? readBound(text);
  if (range === undefined) {
    return {
      ok: false,
      problem: 'is not a range of exit codes, such as "0", "<2", "<=1", ">=0" or "0-1"',
    };
  }
  const cut = { min: range.min, max: Math.min(range.max, HIGHEST) };
  return cut.min <= cut.max
    ? { ok: true, value: cut }
    : { ok: false, problem: 'accepts no exit code: they run from 0 to 255' };
}

export function acceptsCode(range: CodeRange, code: number): boolean {
  return range.min <= code && code <= range.max;
}

function readBound(text: string): CodeRange | undefined {
  const match = BOUND.exec(text);
  if (match === null) {
    return undefined;
  }
  const code = Number(match[2]);
  switch (match[1] ?? '==') {
    case '<':
      return { min: 0, max: code - 1 };
    case '<=':
      return { min: 0, max: code };
    case '>':
      return { min: code + 1, max: HIGHEST };
    case '>=':
      return { min: code, max: HIGHEST };
    default:
      return { min: code, max: code };
  }
}

function readSpan(text: string): CodeRange | undefined {
  const match = SPAN.exec(text);
  return match === null ? undefined : { min: Number(match[1]), max: Number(match[2]) };
}
