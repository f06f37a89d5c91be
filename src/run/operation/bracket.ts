/**
 * Whatever an operation opens is closed on every path, in reverse order. A failure of a closing never hides the failure
 * before it.
 */
import { asFailure, type Failure } from '../../failure/failure.js';

/** How the work between opening and closing ended. */
export type Outcome =
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: unknown };

export interface Bracket<T> {
  /** For people: `the lock of localfs /media/backup`. */
  readonly name: string;
  /** When it rejects, it leaves nothing behind. It may reject with the reason of the signal. */
  open(signal: AbortSignal): Promise<T>;
  /** It does not get the signal of the run: what was opened is closed, whatever stopped the work. */
  close(opened: T, outcome: Outcome): Promise<void>;
}

/** The failures of closings, and of what is done after the work, in order. */
export interface Aftermath {
  /** Keeps a defect as a Failure DEFECT with its stack. */
  add(error: unknown): void;
  readonly failures: readonly Failure[];
  /** Returns the failures and forgets them: for who tells them and reports nothing. */
  take(): readonly Failure[];
}

/** `refine`: what is kept of a failure. */
export function createAftermath(refine: (failure: Failure) => Failure): Aftermath {
  const failures: Failure[] = [];
  return {
    failures,
    add: (error) => void failures.push(refine(asFailure(error))),
    take: () => failures.splice(0),
  };
}

/** The part of an operation that a bracket needs. */
export interface Scope {
  readonly signal: AbortSignal;
  readonly aftermath: Aftermath;
}

/**
 * Does the work between opening and closing. Returns the value of the work, or throws its error. A failure of the closing
 * goes to the aftermath: work that was done does not become work that failed.
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
