/**
 * What was opened is closed, in reverse order, on every path, and nothing that goes wrong while closing hides what went
 * wrong before.
 */
import { asFailure, type Failure } from '../../failure/failure.js';

/** How the work between opening and closing ended. */
export type Outcome =
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: unknown };

export interface Bracket<T> {
  /** For people: `the lock of localfs /media/backup`. */
  readonly name: string;
  /** Leaves nothing behind when it rejects. May reject with the reason of the signal. */
  open(signal: AbortSignal): Promise<T>;
  /** Is not told of the signal of the run: what was opened is closed whatever stopped the work. */
  close(opened: T, outcome: Outcome): Promise<void>;
}

/** What went wrong while closing, and after the work was done, in order. */
export interface Aftermath {
  /** A defect is kept as a Failure DEFECT with its stack. */
  add(error: unknown): void;
  readonly failures: readonly Failure[];
}

export function createAftermath(): Aftermath {
  const failures: Failure[] = [];
  return {
    failures,
    add: (error) => void failures.push(asFailure(error)),
  };
}

/** The part of an operation that brackets need. */
export interface Scope {
  readonly signal: AbortSignal;
  readonly aftermath: Aftermath;
}

/**
 * Does the work between opening and closing. Ends as the work ended: with its value or with its error. A failure of the
 * closing goes to the aftermath, and does not turn work that was done into work that failed.
 */
export async function within<T, R>(
  { signal, aftermath }: Scope,
  bracket: Bracket<T>,
  work: (opened: T) => Promise<R>,
): Promise<R> {
  signal.throwIfAborted();
  const opened = await bracket.open(signal);
  const close = async (outcome: Outcome): Promise<void> => {
    try {
      await bracket.close(opened, outcome);
    } catch (error) {
      aftermath.add(error);
    }
  };
  let value: R;
  try {
    value = await work(opened);
  } catch (error) {
    await close({ type: 'failed', error });
    throw error;
  }
  await close({ type: 'done' });
  return value;
}
