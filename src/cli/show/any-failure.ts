import { ConfigErrors, renderProblems } from '../../config/diagnostics.js';
import { renderFailure } from './failure-block.js';

/** Whatever was thrown, as text for stderr: config problems with their lines and carets, the rest as a block. */
export function renderAnyFailure(error: unknown): string {
  if (error instanceof ConfigErrors) return renderProblems(error.diagnostics);
  return renderFailure(error).join('\n');
}
