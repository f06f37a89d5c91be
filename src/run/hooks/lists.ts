/** The lists of hooks: in order up to the first that fails, or each of them whatever the others do. */
import type { ExecPlan } from '../../config/plan/plan.js';
import type { HookKind } from '../../events/events.js';
import { Failure } from '../../failure/failure.js';
import type { Operation } from '../operation/operation.js';
import { type FailedHook, type Hooked, type HookStart, runHook } from './hook.js';
import type { PartState } from './state.js';

/** How long a hook may take that no signal stops, unless it has a timeout of its own. */
const LATE_TIMEOUT = { ms: 5 * 60_000 };

/** Programs of one kind, and what they are told. */
export interface HookList {
  readonly kind: HookKind;
  readonly execs: readonly ExecPlan[];
  readonly state: PartState;
}

/** Runs them in order up to the first that fails. Failure HOOK_FAILED. */
export async function runAll(operation: Operation, hooked: Hooked, list: HookList): Promise<void> {
  const failed = await runUntilFailure(operation, hooked, list);
  if (failed !== undefined) throw failed.failure;
}

/** Returns the first that fails; those behind it do not run. Rejects with the reason of the signal of the part. */
export async function runUntilFailure(
  operation: Operation,
  hooked: Hooked,
  { kind, execs, state }: HookList,
): Promise<FailedHook | undefined> {
  const { signal } = hooked;
  for (const hook of startsOf(kind, execs)) {
    signal.throwIfAborted();
    const failed = await runHook(operation, hooked, { ...hook, state, signal });
    signal.throwIfAborted();
    if (failed !== undefined) return failed;
  }
  return undefined;
}

/** Runs each of them, after a signal, too. What fails goes to the aftermath. */
export async function runEach(operation: Operation, hooked: Hooked, list: HookList): Promise<void> {
  for (const error of await runWhatever(operation, hooked, list))
    operation.aftermath.add(error instanceof Failure ? asLate(error) : error);
}

/** Runs each of them, after a signal, too, and returns what has failed, in order. */
export async function runWhatever(
  operation: Operation,
  hooked: Hooked,
  { kind, execs, state }: HookList,
): Promise<readonly unknown[]> {
  const { signal } = new AbortController();
  const errors: unknown[] = [];
  for (const hook of startsOf(kind, execs)) {
    const exec = { ...hook.exec, timeout: hook.exec.timeout ?? LATE_TIMEOUT };
    try {
      const failed = await runHook(operation, hooked, { ...hook, exec, state, signal });
      if (failed !== undefined) errors.push(failed.failure);
    } catch (error) {
      errors.push(error);
    }
  }
  return errors;
}

/** The failure of a hook that changes nothing any more of how its part has ended. */
export function asLate(failure: Failure): Failure {
  return failure.code === 'HOOK_FAILED' ? failure.as({ code: 'LATE_HOOK_FAILED' }) : failure;
}

function startsOf(
  kind: HookKind,
  execs: readonly ExecPlan[],
): readonly Pick<HookStart, 'kind' | 'exec' | 'called'>[] {
  return execs.map((exec, index) => {
    const called = execs.length === 1 ? kind : `${kind} ${index + 1} of ${execs.length}`;
    return { kind, exec, called };
  });
}
