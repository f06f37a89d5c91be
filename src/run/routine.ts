/** A routine: its steps one after the other; the first failure ends it. */

import type { ExecPlan, RoutinePlan, RoutineStep, SigmaskChange } from '../config/plan/plan.js';
import { renderCommand } from '../config/plan/render-value.js';
import { factsOf } from '../exec/facts.js';
import { runPipeline } from '../exec/pipeline.js';
import { createRedactor } from '../exec/values.js';
import { assertNever } from '../failure/failure.js';
import { HOST, INHERITED } from './identity.js';
import type { Operation } from './operation.js';
import type { SignalGate } from './signals.js';
import { tellStderr } from './stage-output.js';

export interface RoutineRequest {
  readonly routine: RoutinePlan;
  readonly runId: string;
  /** Runs the task that a step points at. */
  readonly runTask: (taskId: string) => Promise<void>;
}

export async function runRoutine(operation: Operation, request: RoutineRequest): Promise<void> {
  for (const step of request.routine.steps) {
    operation.signals.signal.throwIfAborted();
    await runStep(operation, request, step);
  }
}

async function runStep(
  operation: Operation,
  request: RoutineRequest,
  step: RoutineStep,
): Promise<void> {
  switch (step.type) {
    case 'exec':
      return await runExec(operation, request, step.exec);
    case 'task':
      return await request.runTask(step.taskId);
    case 'sigmask':
      return step.changes.forEach((change) => applySigmask(operation.signals, change));
    default:
      return assertNever(step);
  }
}

function applySigmask(gate: SignalGate, { action, signals }: SigmaskChange): void {
  for (const signal of signals) {
    if (action === 'block') gate.block(signal);
    else gate.unblock(signal);
  }
}

async function runExec(
  operation: Operation,
  { routine, runId }: RoutineRequest,
  exec: ExecPlan,
): Promise<void> {
  const { emit, signals, plan } = operation;
  const command = renderCommand(exec.argv);
  const startedAt = performance.now();
  emit({ type: 'exec-started', task: routine.id, command });
  // As in the original: palhm's own stdout, or nowhere.
  const stdout = plan.verbosity >= exec.stdoutLevel ? process.stdout.fd : 'ignore';
  await runPipeline({
    execs: [exec],
    context: {
      facts: factsOf({ task: routine.id, host: HOST }),
      inherited: INHERITED,
      runId,
      redactor: createRedactor(),
      blockedSignals: signals.blocked(),
    },
    stdout,
    onStarted: () => {},
    onLine: tellStderr(emit, routine.id),
    signal: signals.signal,
  });
  emit({
    type: 'exec-finished',
    task: routine.id,
    command,
    durationMs: performance.now() - startedAt,
  });
}
