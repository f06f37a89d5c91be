/** A routine: its steps run one after the other, and the first failure ends it, unless it is to keep going. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ExecPlan, RoutinePlan, RoutineStep, SigmaskChange } from '../../config/plan/plan.js';
import { renderCommand } from '../../config/plan/render-value.js';
import { tasksReached } from '../../config/plan/tasks.js';
import { execsOf } from '../../exec/needs.js';
import { FAILURES } from '../../failure/codes.js';
import { WORST_FIRST } from '../../failure/exit-codes.js';
import { assertNever, type Failure, failureOf } from '../../failure/failure.js';
import { runContext } from '../objects/run-context.js';
import { runExec } from '../objects/run-exec.js';
import { learnKnown } from '../objects/secrets.js';
import { within } from '../operation/bracket.js';
import { isStop } from '../operation/end.js';
import type { Operation } from '../operation/operation.js';
import { processesBracket } from '../operation/processes.js';
import type { SignalMask } from '../operation/signal-mask.js';

export interface RoutineRequest {
  readonly routine: RoutinePlan;
  /** Runs the task that a step names. */
  readonly runTask: (taskId: string) => Promise<void>;
}

export async function runRoutine(operation: Operation, request: RoutineRequest): Promise<void> {
  const { plan } = operation;
  const { id, steps, keepGoing } = request.routine;
  // A step may make what a later one needs.
  await learnKnown(operation, id, tasksReached(plan, id).flatMap(execsOf));
  await within(operation, processesBracket(operation), async () => {
    const failures: Failure[] = [];
    for (const step of steps) {
      operation.signal.throwIfAborted();
      const failure = await failureOf(() => runStep(operation, request, step));
      if (failure !== undefined && (!keepGoing || isStop(operation, failure))) throw failure;
      if (failure !== undefined) failures.push(failure);
    }
    // A signal that came during the last step stops the routine, however that step has ended.
    await receiveSignals();
    operation.signal.throwIfAborted();
    throwWorst(operation, failures);
  });
}

/** The worst, and the first of several that are as bad, is the failure of the routine; the others stand beside it. */
function throwWorst({ aftermath }: Operation, failures: readonly Failure[]): void {
  const rank = ({ code }: Failure): number => WORST_FIRST.indexOf(FAILURES[code].exit);
  const worst = failures.toSorted((one, other) => rank(one) - rank(other))[0];
  if (worst === undefined) return;
  for (const other of failures) if (other !== worst) aftermath.add(other);
  throw worst;
}

/**
 * Node may tell of the end of a program before it tells of a signal that the program has sent. Two turns of its event loop,
 * between which it looks at what has come, bring both.
 */
async function receiveSignals(): Promise<void> {
  await turn();
  await turn();
}

async function runStep(
  operation: Operation,
  { routine, runTask }: RoutineRequest,
  step: RoutineStep,
): Promise<void> {
  switch (step.type) {
    case 'exec':
      return await runStepExec(operation, routine, step.exec);
    case 'task':
      return await runTask(step.taskId);
    case 'sigmask':
      return step.changes.forEach((change) => applySigmask(operation.mask, change));
    default:
      return assertNever(step);
  }
}

function applySigmask(mask: SignalMask, { action, signals }: SigmaskChange): void {
  for (const signal of signals) {
    if (action === 'block') mask.block(signal);
    else mask.unblock(signal);
  }
}

async function runStepExec(
  operation: Operation,
  { id }: RoutinePlan,
  exec: ExecPlan,
): Promise<void> {
  const { emit, signal } = operation;
  const command = renderCommand(exec.argv);
  const startedAt = performance.now();
  emit({ type: 'exec-started', command });
  const context = { ...runContext(operation, { task: id }), environment: {} };
  await runExec(operation, exec, { context, source: id, signal });
  emit({ type: 'exec-finished', command, durationMs: performance.now() - startedAt });
}
