/** `--print`: the shell lines that restore without palhm. */
import { within } from '../operation/bracket.js';
import type { Operation } from '../operation/operation.js';
import { linesOf, type PrintRequest, type RestoreLines } from './lines.js';
import type { CopySource } from './request.js';
import { sourceBracket } from './source.js';

export async function printLines(
  operation: Operation,
  source: CopySource,
  printing: PrintRequest,
): Promise<RestoreLines> {
  return await within(operation, sourceBracket(operation, source), async (copy) => ({
    location: copy.stored.location,
    lines: linesOf(copy, printing),
  }));
}
