/** Tests a sink by using it, for `palhm config check --connect`. */
import { Failure } from '../failure/failure.js';
import type { SinkContext } from './sink.js';

export interface Finding {
  /** What was tested, in plain words: `write an object`. */
  readonly name: string;
  /** `missing`: without it a backup fails. `note`: worth knowing, but a backup works. */
  readonly state: 'ok' | 'missing' | 'note';
  /** One sentence. */
  readonly detail: string;
  /** The name of the right that this needs, such as `s3:PutObject`. Undefined when it needs none. */
  readonly right: string | undefined;
  /** What to do, as an imperative. */
  readonly hint: string | undefined;
}

export interface ProbeContext
  extends Pick<SinkContext, 'task' | 'host' | 'environment' | 'redactor'> {
  /** When it is aborted, no further trial starts. What was written is removed, and the findings so far are returned. */
  readonly signal: AbortSignal;
}

/** Tries what a backup needs. Whatever is missing becomes a finding and is not thrown. Leaves nothing behind. */
export type Probe<P> = (plan: P, context: ProbeContext) => Promise<readonly Finding[]>;

/** The result of a trial that did not fail. */
export interface Outcome {
  readonly state: 'ok' | 'note';
  readonly detail: string;
  readonly hint: string | undefined;
}

export interface Trial {
  readonly name: string;
  readonly right?: string | undefined;
  work(): Promise<Outcome>;
  /** Turns a failure into a finding. Without it, every failure means that something is missing. */
  readonly explain?: (failure: Failure) => Omit<Finding, 'name' | 'right'>;
}

/** Undefined when the signal was aborted before the trial ended. */
export async function carryOut(trial: Trial, signal: AbortSignal): Promise<Finding | undefined> {
  if (signal.aborted) return undefined;
  const about = { name: trial.name, right: trial.right };
  try {
    return { ...about, ...(await trial.work()) };
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
  return { state: 'ok', detail, hint: undefined };
}

export function note(detail: string, hint: string): Outcome {
  return { state: 'note', detail, hint };
}

/** The name of a finding about something that the probe could not remove. */
export const TIDY_UP = 'tidy up';
