/**
 * What the failure of a step means for the drill. While an object is restored or checked, a failure means that the copy
 * cannot be restored, unless it is clearly of another kind: the store cannot be reached, a program or a password is
 * missing. In those cases, and when the preparation fails, the drill has learned nothing about the copy.
 */
import { FAILURES } from '../../failure/codes.js';
import { EXIT } from '../../failure/exit-codes.js';
import { Failure } from '../../failure/failure.js';

export type Phase = 'prepare' | 'restore' | 'check';

export interface Step {
  readonly phase: Phase;
  /** Such as `check 1 of 2`. */
  readonly name: string;
}

/** The failure of the drill for this failure of a step. A stop and a defect pass unchanged. */
export function stepFailure({ phase, name }: Step, error: unknown): unknown {
  if (!(error instanceof Failure) || isStop(error)) return error;
  const code =
    phase === 'prepare' ? 'DRILL_NOT_PREPARED' : concernsCopy(error) ? 'DRILL_FAILED' : error.code;
  return error.as({ code, message: `${name}: ${error.message}` });
}

/** Whether it is a verdict on the copy, which is recorded as a failed drill. */
export function isVerdict({ code }: Failure): boolean {
  return FAILURES[code].exit === EXIT.damaged;
}

function concernsCopy(failure: Failure): boolean {
  const { code, message } = failure;
  if (code === 'STAGE_NOT_STARTED') return CANNOT_BE_EXECUTED.test(message);
  return code === 'STAGE_FAILED' || code === 'STAGE_TIMEOUT' || isVerdict(failure);
}

/** All programs were there before the drill began, but for those that came out of the copy: see exec/needs.ts. */
const CANNOT_BE_EXECUTED = /: (?:No such file or directory|Permission denied|Exec format error)$/;

function isStop({ code }: Failure): boolean {
  return code === 'INTERRUPTED' || code === 'TERMINATED';
}
