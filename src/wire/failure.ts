/** A failure in documented JSON. doc/events.md describes it. */
import type { Failure, Place } from '../failure/failure.js';

export interface FailureJson {
  readonly code: string;
  readonly message: string;
  readonly details: readonly string[];
  readonly hint: string | null;
  readonly place: Place | null;
}

export function encodeFailure({ code, message, details, hint, place }: Failure): FailureJson {
  return { code, message, details, hint: hint ?? null, place: place ?? null };
}
