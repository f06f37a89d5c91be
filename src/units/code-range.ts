import type { Parsed } from './parsed.js';

/** The exit codes that count as success, both ends included, within 0 to 255. */
export interface CodeRange {
  readonly min: number;
  readonly max: number;
}

export function parseCodeRange(_text: string): Parsed<CodeRange> {
  throw new Error('not built yet');
}
