/** Failures that no operation has shown: those of the command line, of the config, and defects. */
import { ConfigErrors, type Diagnostic } from '../../config/read/diagnostics.js';
import { renderProblems } from '../../config/read/render-diagnostics.js';
import { Failure } from '../../failure/failure.js';
import { renderFailure } from '../../report/failure-block.js';
import { priorityPrefix } from './journal.js';
import { createJsonView } from './json.js';
import { type Output, systemClock } from './view.js';

export interface FailureOutput {
  readonly output: Output;
  readonly logFormat: 'text' | 'json';
  /** Whether every line begins with the priority of an error, for the journal. */
  readonly priorities: boolean;
}

/**
 * Whatever was thrown. As text: config problems with their lines and carets, the rest as a block. As JSON: a `failed`
 * event for each problem; a defect has no code and stays text.
 */
export function showAnyFailure(error: unknown, to: FailureOutput): void {
  if (to.logFormat === 'json' && error instanceof Failure) return writeEvents(error, to);
  const prefix = to.priorities ? priorityPrefix('error') : '';
  for (const line of linesOf(error)) to.output.write(`${prefix}${line}\n`);
}

function linesOf(error: unknown): readonly string[] {
  return error instanceof ConfigErrors
    ? renderProblems(error.diagnostics).split('\n')
    : renderFailure(error);
}

function writeEvents(error: Failure, { output, priorities }: FailureOutput): void {
  const view = createJsonView({
    output,
    priorities,
    clock: systemClock,
    verbosity: 0,
    progress: false,
  });
  const failures = error instanceof ConfigErrors ? error.diagnostics.map(toFailure) : [error];
  for (const failure of failures) view.handle({ type: 'failed', failure });
  view.close();
}

function toFailure({ code, message, place, hint, notes }: Diagnostic): Failure {
  const details = notes.map(
    (note) => `${note.text} ${note.place.file}:${note.place.line}:${note.place.column}`,
  );
  return new Failure({
    code,
    message,
    details,
    ...(place === undefined ? {} : { place }),
    ...(hint === undefined ? {} : { hint }),
  });
}
