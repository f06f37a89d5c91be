/** A stream and a clock for views: the stream keeps what is written, and the test moves the time. */
import type { Clock, Output } from '../../../src/cli/show/view.js';

export interface FakeOutput extends Output {
  columns: number;
  rows: number;
  /** What was written: one entry for each call. */
  readonly writes: string[];
  text(): string;
}

export function fakeOutput(
  size: { columns: number; rows: number },
  isTTY = true,
  onWrite: (text: string) => void = () => {},
): FakeOutput {
  const writes: string[] = [];
  return {
    ...size,
    isTTY,
    writes,
    write(text) {
      writes.push(text);
      onWrite(text);
    },
    text: () => writes.join(''),
  };
}

export interface FakeClock extends Clock {
  /** Moves the time in steps of 10 ms and calls the timers that are due. */
  pass(ms: number): void;
  /** How many timers run. */
  timers(): number;
}

const START = Date.UTC(2022, 4, 1, 6, 59, 17);

export function fakeClock(): FakeClock {
  let time = START;
  const timers = new Set<{ readonly ms: number; readonly run: () => void; next: number }>();
  return {
    now: () => time,
    every(ms, run) {
      const timer = { ms, run, next: time + ms };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(ms) {
      for (const end = time + ms; time < end; ) {
        time += 10;
        for (const timer of Array.from(timers)) {
          if (timers.has(timer) && timer.next <= time) {
            timer.next += timer.ms;
            timer.run();
          }
        }
      }
    },
    timers: () => timers.size,
  };
}
