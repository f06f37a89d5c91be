/** Failures that no operation has reported: those of the command line, of the config, and defects. */
import { Failure } from '../../failure/failure.js';
import { renderFailure } from '../../report/failure-block.js';
import { priorityPrefix } from './journal.js';
import { createJsonView } from './json-view.js';
import type { Output } from './view.js';

export interface FailureOutput {
  readonly output: Output;
  readonly logFormat: 'text' | 'json';
  /** Whether every line begins with the priority of an error, for the journal. */
  readonly priorities: boolean;
}

/** Shows anything that was thrown. As JSON: a `failed` event for each problem; but a defect has no code and stays text. */
export function showAnyFailure(error: unknown, to: FailureOutput): void {
  const { output, priorities } = to;
  if (to.logFormat === 'json' && error instanceof Failure) {
    const view = createJsonView({ output, priorities, verbosity: 0, progress: false });
    const stamp = { run: undefined, task: undefined, time: Date.now() };
    view.handle({ type: 'failed', failure: error, ...stamp });
    return view.close();
  }
  const prefix = priorities ? priorityPrefix('error') : '';
  for (const line of renderFailure(error)) output.write(`${prefix}${line}\n`);
}
