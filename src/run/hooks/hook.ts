/** One hook: a program of the config that runs around a task, a group or an object. */
import type { ExecPlan, HooksPlan } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import type { HookedPart, HookKind, HookResult } from '../../events/events.js';
import type { CommandContext } from '../../exec/command.js';
import type { StageEnd } from '../../exec/stage.js';
import { fillFacts } from '../../exec/values.js';
import { Failure } from '../../failure/failure.js';
import { markOfHook } from '../../host/run-processes.js';
import { runExec } from '../objects/run-exec.js';
import { isStop } from '../operation/end.js';
import type { Operation } from '../operation/operation.js';
import { describeState, type PartState } from './state.js';

/** What hooks run around. */
export interface Hooked {
  readonly part: HookedPart;
  /** Its id or path. */
  readonly name: string;
  readonly hooks: HooksPlan;
  readonly context: CommandContext;
  /** Stops the hooks that run before it is decided how the part has ended. */
  readonly signal: AbortSignal;
}

export interface HookStart {
  readonly kind: HookKind;
  readonly exec: ExecPlan;
  /** `before 1 of 2`. */
  readonly called: string;
  readonly state: PartState;
  readonly signal: AbortSignal;
}

export interface FailedHook {
  readonly exec: ExecPlan;
  readonly called: string;
  readonly failure: Failure;
  /** Undefined when it could not be started. */
  readonly end: StageEnd | undefined;
}

/** Runs it to its end; undefined when that was good. Rejects with the reason of the signal. */
export async function runHook(
  operation: Operation,
  { part, name, context }: Hooked,
  { kind, exec, called, state, signal }: HookStart,
): Promise<FailedHook | undefined> {
  const { emit, redactor } = operation;
  const filled = { ...exec, argv: exec.argv.map((value) => fillFacts(value, context.facts)) };
  const told = { hook: kind, part, name, command: renderCommand(filled.argv) };
  const startedAt = performance.now();
  const tellEnd = (result: HookResult): void =>
    emit({ type: 'hook-finished', ...told, result, durationMs: performance.now() - startedAt });
  const environment = {
    PALHM_GROUP: undefined,
    ...context.environment,
    ...describeState(kind, state, redactor.redact),
    ...markOfHook(context.runId, context.inherited),
  };
  let end: StageEnd | undefined;
  emit({ type: 'hook-started', ...told });
  try {
    await runExec(operation, filled, {
      source: name,
      context: { ...context, environment },
      signal,
      onEnded: ([stage]) => {
        end = stage?.end;
      },
    });
    tellEnd('done');
    return undefined;
  } catch (error) {
    const isSkip = part === 'task' && kind === 'before' && asksToSkip(end);
    tellEnd(isSkip ? 'skipping' : 'failed');
    if (!(error instanceof Failure) || isStop({ signal }, error)) throw error;
    const message = `${called} of ${part} "${name}": ${error.message}`;
    return { exec, called, failure: error.as({ code: codeOf(error), message }), end };
  }
}

/** By this a `before` of a task says that there is nothing to be done now: EX_TEMPFAIL of sysexits.h. */
export const SKIP = 75;

/** What was stopped, because its time was over, says nothing. */
export function asksToSkip(end: StageEnd | undefined): boolean {
  return end?.exitCode === SKIP && end.stopped === undefined;
}

/** What a hook has done wrong is of its own kind. What the host or the config lacks stays what it is. */
function codeOf({ code }: Failure): Failure['code'] {
  return code.startsWith('STAGE_') ? 'HOOK_FAILED' : code;
}
