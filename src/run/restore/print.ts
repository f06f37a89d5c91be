/** `--print`: the shell lines that restore without palhm. */
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { linesOf, type PrintedLines, type Printing } from './lines.js';
import type { CopySource } from './request.js';
import { sourceOf } from './source.js';

export async function printLines(
  operation: Operation,
  source: CopySource,
  printing: Printing,
): Promise<PrintedLines> {
  return await within(operation, sourceOf(operation, source), async (copy) => ({
    location: copy.stored.location,
    lines: linesOf(copy, printing),
  }));
}
