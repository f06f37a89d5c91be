/** What a hook finds in its environment of the part of the run that it is around. */
import type { HookKind } from '../../events/events.js';
import type { Environment } from '../../exec/values.js';
import { asFailure } from '../../failure/failure.js';

export interface PartState {
  /**
   * `afterwards`: the copy of a task is safe, and something after it has failed. `cancelled`: something else has failed, or
   * a signal has stopped the run.
   */
  readonly state: 'running' | 'done' | 'afterwards' | 'failed' | 'cancelled' | 'skipped';
  /** Why it is failed, or what has failed afterwards. */
  readonly error?: unknown;
  /** Bytes. */
  readonly size?: number | undefined;
  /** Of the copy that was committed. */
  readonly prefix?: string | undefined;
}

/** What execve(2) takes as one variable is 128 KiB, and a mail or a message takes less. */
const LONGEST_ERROR = 4096;

/** Every variable is set, or taken away: palhm may itself run in a hook. `redact` takes out secrets. */
export function describeState(
  kind: HookKind,
  { state, error, size, prefix }: PartState,
  redact: (text: string) => string,
): Environment {
  const failure = error === undefined ? undefined : asFailure(error);
  const message = failure && redact(failure.message).replaceAll('\0', '').slice(0, LONGEST_ERROR);
  return {
    PALHM_HOOK: kind,
    PALHM_STATE: state,
    PALHM_ERROR_CODE: failure?.code,
    PALHM_ERROR: message,
    PALHM_SIZE: size?.toString(),
    ...(prefix === undefined ? {} : { PALHM_PREFIX: prefix }),
  };
}
