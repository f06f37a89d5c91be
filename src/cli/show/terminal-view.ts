/** The live display of a terminal: what runs is drawn at the bottom, what is to stay scrolls above it. */
import type { StampedEvent } from '../../events/events.js';
import { renderFailure } from '../../report/failure-block.js';
import { createFailureLedger, type FailureNotice } from '../../report/failure-ledger.js';
import { renderRestoreSummary, renderRunSummary } from '../../report/summary.js';
import { type Severity, weigh } from '../../report/weight.js';
import { wordEvent } from '../../report/wording.js';
import { createRunning } from './activity.js';
import { createLiveBlock } from './live-block.js';
import { renderLive } from './live-lines.js';
import { type Paint, paintColours, paintNothing } from './paint.js';
import { plainFrom } from './plain-view.js';
import { type Tally, tallyEvent } from './tally.js';
import type { Clock, Output, View } from './view.js';

export interface TerminalOptions {
  readonly output: Output;
  readonly clock: Clock;
  readonly verbosity: number;
  readonly colour: boolean;
}

/** Ten frames a second at most: more is unrest. */
const FRAME_MS = 100;
/** The rows that stay free: what scrolled last can still be read above the block. */
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
  const running = createRunning();
  const pen = createPen(options, (now) => {
    const { columns, rows } = sizeOf(output);
    const scene = { rows: running.rows(now), tally, now, width: columns - 1 };
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
      running.apply(event, now);
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

interface Pen {
  /** Lines that stay, above the block. */
  say(lines: readonly string[]): void;
  /** Draws now, or when the frame's time has come. */
  refresh(): void;
  /** Draws what is still to be said and removes the block. */
  close(): void;
}

function createPen(options: TerminalOptions, live: (now: number) => readonly string[]): Pen {
  const block = createLiveBlock(options.output);
  let said: string[] = [];
  let lastFrame = Number.NEGATIVE_INFINITY;
  let stopTicking: (() => void) | undefined;

  function draw(lines: readonly string[]): void {
    if (block.draw({ above: said, lines })) lastFrame = options.clock.now();
    said = [];
  }

  /** Between two frames nothing is computed: the timer comes for what is left to say. */
  function refresh(): void {
    const now = options.clock.now();
    if (stopTicking !== undefined && Math.abs(now - lastFrame) < FRAME_MS) return;
    const lines = live(now);
    draw(lines);
    if (lines.length > 0) stopTicking ??= options.clock.every(FRAME_MS, refresh);
    else stopTimer();
  }

  function stopTimer(): void {
    stopTicking?.();
    stopTicking = undefined;
  }

  return {
    say: (lines) => said.push(...lines),
    refresh,
    close() {
      stopTimer();
      draw([]);
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

/** What the live lines or the table at the end show anyway is a line of its own only for those who ask for more. */
function isDrawn(event: StampedEvent): boolean {
  if (event.type === 'task-started') return event.kind === 'backup';
  if (event.type === 'task-finished') return event.report.copy !== undefined;
  return DRAWN.has(event.type);
}

function paintLines(event: StampedEvent, paint: Paint): readonly string[] {
  // The words of a program are not ours to judge: most write to stderr what is no error.
  const style = event.type === 'stage-output' ? undefined : styleOf(weigh(event).severity);
  return wordEvent(event).map((line) => (style === undefined ? line : paint(line, style)));
}

function styleOf(severity: Severity): 'error' | 'warning' | 'dim' | undefined {
  if (severity === 'critical' || severity === 'error') return 'error';
  if (severity === 'info') return undefined;
  return severity === 'warning' ? 'warning' : 'dim';
}

function paintFailure(block: readonly string[], paint: Paint): readonly string[] {
  const [headline = '', ...rest] = block;
  return [paint(headline, 'error'), ...rest];
}

/** A serial line may report a size of 0 × 0. */
function sizeOf({ columns = 0, rows = 0 }: Output): {
  readonly columns: number;
  readonly rows: number;
} {
  return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
}
