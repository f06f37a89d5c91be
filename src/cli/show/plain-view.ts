/** Plain lines for a pipe, a file, a mail from cron, and the journal. */
import type { StampedEvent } from '../../events/events.js';
import { renderFailure } from '../../report/failure-block.js';
import { createFailureLedger, type FailureNotice } from '../../report/failure-ledger.js';
import { type Severity, weigh } from '../../report/weight.js';
import { wordEvent } from '../../report/wording.js';
import { priorityPrefix } from './journal.js';
import type { Output, View } from './view.js';

export interface PlainOptions {
  readonly output: Output;
  readonly verbosity: number;
  /** Whether every line begins with its `<N>` priority. */
  readonly priorities: boolean;
}

export function createPlainView({ output, verbosity, priorities }: PlainOptions): View {
  const failures = createFailureLedger();

  function print(lines: readonly string[], severity: Severity): void {
    if (lines.length === 0) return;
    const prefix = priorities ? priorityPrefix(severity) : '';
    output.write(lines.map((line) => `${prefix}${line}\n`).join(''));
  }

  function printFailures(notices: readonly FailureNotice[]): void {
    for (const { what, failure } of notices) print(renderFailure(failure, { what }), 'error');
  }

  return {
    handle(event) {
      const { severity } = weigh(event);
      if (verbosity >= plainFrom(event)) print(wordEvent(event), severity);
      printFailures(failures.note(event));
    },
    close() {
      printFailures(failures.rest());
    },
  };
}

/** The lowest verbosity at which an event gets a line. `-q` has only the block of a failed object, which follows later. */
export function plainFrom(event: StampedEvent): number {
  return event.type === 'object-failed' ? 1 : weigh(event).from;
}
