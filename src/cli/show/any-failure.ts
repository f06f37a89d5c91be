import { ConfigErrors, renderProblems } from '../../config/diagnostics.js';
import { renderFailure } from './failure-block.js';
import { priorityPrefix } from './journal.js';

/**
 * Whatever was thrown, as text for stderr: config problems with their lines and carets, the rest as a block. With
 * `priorities` every line begins with that of an error, for the journal.
 */
export function renderAnyFailure(
  error: unknown,
  { priorities }: { readonly priorities: boolean },
): string {
  const prefix = priorities ? priorityPrefix('error') : '';
  return linesOf(error)
    .map((line) => prefix + line)
    .join('\n');
}

function linesOf(error: unknown): readonly string[] {
  return error instanceof ConfigErrors
    ? renderProblems(error.diagnostics).split('\n')
    : renderFailure(error);
}
