/**
 * A view whose reader may be slow, or may not read at all. Node writes to files synchronously, but to pipes and sockets
 * asynchronously on POSIX (https://nodejs.org/api/process.html#a-note-on-process-io), as palhm does to terminals: what the
 * reader has not taken is queued in the memory of this process, without a bound. So programs that print are slowed down while much is
 * queued, but not for long; and lines are left out when too much is, those of programs first, failures and the end last,
 * and the reader is told how many.
 */
import type { Stamp, StampedEvent } from '../../events/events.js';
import type { Clock, Output, View } from './view.js';

export interface BoundedOptions {
  readonly output: Output;
  readonly clock: Clock;
  /** How long programs are slowed down for a reader that takes nothing. */
  readonly patienceMs?: number | undefined;
  readonly createView: (output: Output) => View;
  /** The line for lines that were left out, with its line break. Of the stamp, `time` is that of the latest event. */
  readonly describeMissed: (count: number, latest: Stamp) => string;
}

export interface BoundedView extends View {
  /**
   * Undefined while little is queued. Else it resolves when the reader has taken everything, or when it has not done so in
   * time: then it is not waited for again before it has.
   */
  whenReady(): Promise<void> | undefined;
}

const MIB = 2 ** 20;
/** Bytes that may be queued before programs are slowed down. */
const READY_BOUND = MIB / 4;
/**
 * Bytes that may be queued before lines of a kind are left out. They are written again when half of it is queued. Also what
 * has to be read has a bound: a run may have many failures.
 */
const BOUNDS = { output: MIB, other: 4 * MIB, vital: 8 * MIB } as const;
const PATIENCE_MS = 1000;

type Kind = keyof typeof BOUNDS;

/** What programs print, and what is for whoever looks for the cause of something. There is no end to it. */
const OUTPUT: ReadonlySet<StampedEvent['type']> = new Set<StampedEvent['type']>([
  'stage-output',
  'stage-output-left-out',
  'object-progress',
  'debug',
]);

/** Failures and ends: what a reader has to know, however much else was missed. */
const VITAL: ReadonlySet<StampedEvent['type']> = new Set<StampedEvent['type']>([
  'object-failed',
  'task-failed',
  'task-finished',
  'task-skipped',
  'failed',
  'run-finished',
  'copy-committed',
  'restore-finished',
  'verify-finished',
  'drill-finished',
]);

export function createBoundedView(options: BoundedOptions): BoundedView {
  const bounded = boundOutput(options.output, (count) => options.describeMissed(count, latest));
  const view = options.createView(bounded.output);
  let latest: Stamp = { run: undefined, task: undefined, time: 0 };
  return {
    handle(event) {
      latest = event;
      bounded.setKind(kindOf(event));
      view.handle(event);
      // What a live display draws between events is drawn again.
      bounded.setKind('output');
    },
    close() {
      bounded.setKind('vital');
      view.close();
    },
    whenReady: paceWriters(options),
  };
}

function kindOf({ type }: StampedEvent): Kind {
  if (VITAL.has(type)) return 'vital';
  return OUTPUT.has(type) ? 'output' : 'other';
}

function paceWriters({ output, clock, patienceMs = PATIENCE_MS }: BoundedOptions) {
  let waiting: Promise<void> | undefined;
  let isLost = false;
  const wait = (): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        stop();
        waiting = undefined;
        resolve();
      };
      const stop = clock.every(patienceMs, () => {
        isLost = true;
        end();
      });
      output.once?.('drain', () => {
        isLost = false;
        end();
      });
    });
  return (): Promise<void> | undefined => {
    const { writableLength: queued = 0 } = output;
    if (isLost || queued < READY_BOUND) return undefined;
    waiting ??= wait();
    return waiting;
  };
}

interface BoundedOutput {
  readonly output: Output;
  /** Of what is written from now on. */
  setKind(kind: Kind): void;
}

function boundOutput(stream: Output, describeMissed: (count: number) => string): BoundedOutput {
  let kind: Kind = 'output';
  let isWaiting = false;
  let missed = 0;

  function hasRoom(): boolean {
    const { writableLength: queued = 0 } = stream;
    const isFilling = missed === 0 || kind === 'vital';
    return queued < (isFilling ? BOUNDS[kind] : BOUNDS[kind] / 2);
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
    setKind(next) {
      kind = next;
    },
  };
}
