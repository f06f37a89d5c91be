/** What every view is, and what it gets: a view uses no clock, stream or environment of the process by itself. */
import type { StampedEvent } from '../../events/events.js';

export interface View {
  handle(event: StampedEvent): void;
  /** Shows what has not been shown yet, and ends. Called once, however the run ended. */
  close(): void;
}

/** Such as `process.stderr`. Its size is read again at every drawing. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  /** Bytes that the reader has not taken yet; always 0 where a write waits for the reader. */
  readonly writableLength?: number | undefined;
  /** Calls back when the reader has taken everything, after a time when it had not. */
  once?(event: 'drain' | 'error', listener: () => void): unknown;
}

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back every `ms` milliseconds until the returned function is called; does not keep the process alive. */
  every(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  every(ms, run) {
    const timer = setInterval(run, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
