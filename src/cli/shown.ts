/** How a command that failed ends: by an exit code, and with the failure shown once. */
import { FAILURES } from '../failure/codes.js';
import { EXIT } from '../failure/exit-codes.js';
import { Failure } from '../failure/failure.js';

/** Thrown for a failure that has been shown already: only its exit code is still wanted. */
export class Shown extends Error {
  readonly exitCode: number;

  constructor(cause: unknown) {
    super('shown', { cause });
    this.exitCode = exitCodeOf(cause);
  }
}

/** A defect ends with 1, as a failed task does. */
export function exitCodeOf(error: unknown): number {
  return error instanceof Failure ? FAILURES[error.code].exit : EXIT.failed;
}
