/** What is found out about a sink by trying it, for `palhm config check --connect`. */
import type { Environment } from '../exec/values.js';
import { Failure } from '../failure/failure.js';

export interface Finding {
  /** What was tried or looked at, in plain words: `write an object`. */
  readonly name: string;
  /** `missing`: a backup would fail for want of it. `note`: worth knowing, no reason for a backup to fail. */
  readonly state: 'ok' | 'missing' | 'note';
  /** One sentence. */
  readonly detail: string;
  /** What the store calls the right that it takes, such as `s3:PutObject`; undefined when there is none. */
  readonly right: string | undefined;
  /** What to do about it, as an imperative. */
  readonly hint: string | undefined;
}

export interface ProbeContext {
  readonly task: string;
  /** Where references to the environment and to credentials are looked up. */
  readonly environment: Environment;
  /** When it is aborted nothing further is tried; what was written is removed, and what was found is returned. */
  readonly signal: AbortSignal;
}

/** Tries what a backup needs. What the sink lacks is a finding and never thrown. Leaves nothing behind. */
export type Probe<P> = (plan: P, context: ProbeContext) => Promise<readonly Finding[]>;

/** What a try that did not fail says. */
export interface Outcome {
  readonly state: 'ok' | 'note';
  readonly detail: string;
  readonly hint?: string;
}

export interface Trial {
  readonly name: string;
  readonly right?: string;
  work(): Promise<Outcome>;
  /** What a failure means here, when it is more or less than something missing. */
  readonly explain?: (failure: Failure) => Omit<Finding, 'name' | 'right'>;
}

/** Undefined when the signal came first. */
export async function carryOut(trial: Trial, signal: AbortSignal): Promise<Finding | undefined> {
  if (signal.aborted) return undefined;
  const about = { name: trial.name, right: trial.right };
  try {
    return { ...about, hint: undefined, ...(await trial.work()) };
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof Failure)) throw error;
    return { ...about, ...(trial.explain ?? missing)(error) };
  }
}

export function missing({ message, hint }: Failure): Omit<Finding, 'name' | 'right'> {
  return { state: 'missing', detail: message, hint };
}

export function ok(detail: string): Outcome {
  return { state: 'ok', detail };
}

export function note(detail: string, hint: string): Outcome {
  return { state: 'note', detail, hint };
}

/** The name of a finding that says what a probe could not remove again. */
export const TIDY_UP = 'tidy up';
