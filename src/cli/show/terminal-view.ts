/** The live display of a terminal: running objects are drawn at the bottom, other lines scroll above them. */
import type { StampedEvent } from '../../events/events.js';
import { renderFailure } from '../../report/failure-block.js';
import { createFailureLedger, type FailureNotice } from '../../report/failure-ledger.js';
import { renderRestoreSummary, renderRunSummary } from '../../report/summary.js';
import { createActivity } from './activity.js';
import { renderLive } from './live-lines.js';
import { paintColours, paintFailure, paintLines, paintNothing } from './paint.js';
import { createPen } from './pen.js';
import { plainFrom } from './plain-view.js';
import { type Tally, tallyEvent } from './tally.js';
import type { Clock, Output, View } from './view.js';

export interface TerminalOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly verbosity: number;
  readonly colour: boolean;
}

/** Rows that the block leaves free, so that the last lines above it can be read. */
const FREE_ROWS = 3;
const INFO_LEVEL = 3;

const DRAWN: ReadonlySet<StampedEvent['type']> = new Set<StampedEvent['type']>([
  'object-finished',
  'object-cancelled',
  'exec-started',
  'copy-committed',
  'restore-finished',
  'copy-removed',
  'rotation-finished',
  'verify-started',
]);

export function createTerminalView(options: TerminalOptions): View {
  const { output, clock } = options;
  const paint = options.colour ? paintColours : paintNothing;
  const activity = createActivity();
  const pen = createPen(options, (now) => {
    const { columns, rows } = sizeOf(output);
    const scene = { rows: activity.rows(now), tally, now, width: columns - 1 };
    return renderLive({ ...scene, height: Math.max(1, rows - FREE_ROWS) });
  });
  const failures = createFailureLedger();
  let tally: Tally | undefined;

  function sayFailures(notices: readonly FailureNotice[]): void {
    const width = Math.min(sizeOf(output).columns, 100);
    for (const { what, failure } of notices) {
      pen.say(paintFailure(renderFailure(failure, { what, width }), paint));
    }
  }

  function saySummary(event: StampedEvent): void {
    if (options.verbosity >= INFO_LEVEL) pen.say(summarize(event, sizeOf(output).columns));
  }

  return {
    handle(event) {
      const now = clock.now();
      activity.apply(event, now);
      tally = tallyEvent(tally, event, now);
      if (options.verbosity >= terminalFrom(event)) pen.say(paintLines(event, paint));
      saySummary(event);
      sayFailures(failures.note(event));
      pen.refresh();
    },
    close() {
      sayFailures(failures.rest());
      pen.close();
    },
  };
}

function summarize(event: StampedEvent, width: number): readonly string[] {
  if (event.type === 'restore-finished') return renderRestoreSummary(event.report, width);
  const isEnd = event.type === 'task-finished' || event.type === 'task-failed';
  return isEnd ? renderRunSummary(event.report, width) : [];
}

function terminalFrom(event: StampedEvent): number {
  return isDrawn(event) ? INFO_LEVEL + 1 : plainFrom(event);
}

/** True for an event that the live lines or the final table show. It gets a line only at a higher verbosity. */
function isDrawn(event: StampedEvent): boolean {
  if (event.type === 'task-started') return event.kind === 'backup';
  if (event.type === 'task-finished') return event.report.copy !== undefined;
  return DRAWN.has(event.type);
}

/** A serial line may report a size of 0 × 0. */
function sizeOf({ columns = 0, rows = 0 }: Output): {
  readonly columns: number;
  readonly rows: number;
} {
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}
