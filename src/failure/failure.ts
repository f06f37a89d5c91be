/**
 * How palhm fails.
 *
 * What a user, a host or a store can cause is a `Failure`: it has a code from the table in `codes.ts`, a message that
 * says what happened and to which thing, what became of the data (`details`), and what to do next (`hint`). It is shown
 * as text; its stack is noise. Anything else that is thrown is a defect of palhm and is shown with its stack.
 * A failure is made where the facts are known and travels unchanged; a layer that knows more adds to `details`.
 */
import type { FailureCode } from './codes.js';

/** A place in a config file. `line` and `column` count from 1; the column counts UTF-16 units, as editors do. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface FailureParts {
  readonly code: FailureCode;
  /** One sentence, with the thing's name and the figures. */
  readonly message: string;
  /** Further lines, each a fact: what the program said, what was kept, what was rolled back. */
  readonly details?: readonly string[];
  /** What to do next, as an imperative. */
  readonly hint?: string | undefined;
  readonly place?: Place | undefined;
  readonly cause?: unknown;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly details: readonly string[];
  readonly hint: string | undefined;
  readonly place: Place | undefined;

  constructor(parts: FailureParts) {
    super(parts.message, { cause: parts.cause });
    this.code = parts.code;
    this.details = parts.details ?? [];
    this.hint = parts.hint;
    this.place = parts.place;
  }

  /** The same failure with some parts replaced; what is not named stays, the original becomes the cause. */
  as(parts: Partial<FailureParts>): Failure {
    const { code, message, details, hint, place } = this;
    return new Failure({ code, message, details, hint, place, cause: this, ...parts });
  }

  /** The same failure with more facts below it. */
  withDetails(more: readonly string[]): Failure {
    return this.as({ details: [...this.details, ...more], cause: this.cause });
  }

  /** The same failure with the place in the config that led to it, unless it has one already. */
  at(place: Place): Failure {
    return this.as({ place: this.place ?? place, cause: this.cause });
  }
}

/** Marks a switch over a closed union as complete: a new variant stops the build here. */
export function assertNever(value: never): never {
  throw new Error(`not a known variant: ${JSON.stringify(value)}`);
}

/** Whatever was thrown as a Failure: a defect with its stack below it, and itself as the cause. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return new Failure({
    code: 'DEFECT',
    message: messageOf(error),
    details: stack.split('\n').filter((line) => line !== ''),
    hint: 'report it with these lines and the output of "palhm --version"',
    cause: error,
  });
}

/** Does the work; a Failure that it throws is returned, anything else passes. */
export async function failureOf(work: () => Promise<void>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for an error of the system with this code, such as `ENOENT` (errno(3)). */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
