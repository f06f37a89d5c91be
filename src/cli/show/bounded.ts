/**
 * A view whose reader may be slow, or may not read at all. Node writes to files and terminals synchronously, but to pipes
 * and sockets asynchronously on POSIX (https://nodejs.org/api/process.html#a-note-on-process-io): what the reader has not
 * taken is queued in the memory of this process, without a bound. So lines are left out when too much is queued, but for
 * failures and the end, and the reader is told how many.
 */
import type { Stamp, StampedEvent } from '../../events/events.js';
import type { Output, View } from './view.js';

export interface BoundedOptions {
  readonly output: Output;
  readonly createView: (output: Output) => View;
  /** The line for lines that were left out, with its line break. Of the stamp, `time` is that of the latest event. */
  readonly describeMissed: (count: number, latest: Stamp) => string;
}

/** Bytes that may be queued before lines are left out. They are written again when half of it is queued. */
const BOUND = 2 ** 20;
/** The same for what is not left out otherwise: a run may have many failures. */
const LAST_BOUND = 8 * BOUND;

/** Failures and ends: what a reader has to know, however much else was missed. */
const VITAL: ReadonlySet<StampedEvent['type']> = new Set<StampedEvent['type']>([
  'object-failed',
  'task-failed',
  'task-finished',
  'failed',
  'run-finished',
  'copy-committed',
  'restore-finished',
  'verify-finished',
  'drill-finished',
]);

export function createBoundedView(options: BoundedOptions): View {
  const { output } = options;
  const bounded = boundOutput(output, (count) => options.describeMissed(count, latest));
  const view = options.createView(bounded.output);
  let latest: Stamp = { run: undefined, task: undefined, time: 0 };
  return {
    handle(event) {
      latest = event;
      bounded.setVital(VITAL.has(event.type));
      view.handle(event);
      bounded.setVital(false);
    },
    close() {
      bounded.setVital(true);
      view.close();
    },
  };
}

interface BoundedOutput {
  readonly output: Output;
  /** Whether what is written from now on may be left out only at the larger bound. */
  setVital(vital: boolean): void;
}

function boundOutput(stream: Output, describeMissed: (count: number) => string): BoundedOutput {
  let isVital = false;
  let isWaiting = false;
  let missed = 0;

  function hasRoom(): boolean {
    const { writableLength: queued = 0 } = stream;
    if (isVital) return queued < LAST_BOUND;
    return queued < (missed === 0 ? BOUND : BOUND / 2);
  }

  function tellMissed(): void {
    if (missed === 0) return;
    const line = describeMissed(missed);
    missed = 0;
    stream.write(line);
  }

  /** The next event may be hours away: the reader is told when it has taken everything, too. */
  function waitForReader(): void {
    if (isWaiting) return;
    isWaiting = true;
    stream.once?.('drain', () => {
      isWaiting = false;
      tellMissed();
    });
  }

  const output: Output = {
    write(text) {
      if (!hasRoom()) {
        missed += text.split('\n').length - 1;
        waitForReader();
        return false;
      }
      tellMissed();
      return stream.write(text);
    },
    isTTY: stream.isTTY,
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
  };
  return {
    output,
    setVital(vital) {
      isVital = vital;
    },
  };
}
