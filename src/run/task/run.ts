/** Running a task of the config: to its end, or as a run that is started, watched and cancelled. */
import type { Plan } from '../../config/plan/plan.js';
import { findTask, tasksReached } from '../../config/plan/tasks.js';
import type { RunReport } from '../../events/run-report.js';
import type { Environment } from '../../exec/values.js';
import type { Failure } from '../../failure/failure.js';
import { orReason } from '../../host/or-reason.js';
import { requireSystem } from '../../host/require-system.js';
import { tellEnd } from '../operation/conduct.js';
import { endOf } from '../operation/end.js';
import { refuseWorkerThread } from '../operation/main-thread.js';
import {
  forTask,
  type Operation,
  openOperation,
  type Surroundings,
} from '../operation/operation.js';
import { tellProcesses } from '../operation/processes.js';
import { confirmHost } from './confirm-host.js';
import { type Ledger, openLedger } from './ledger.js';
import { planRehearsal, requireObjects } from './rehearsal.js';

export interface RunRequest {
  readonly task: string;
  /** How long a backup waits for another run of its root to end. By default 0: not at all. */
  readonly waitMs?: number;
  /** Paths of objects whose size is accepted in this run, whatever it was in the newest copy. */
  readonly acceptedSizes?: readonly string[];
  /** Given: a dry run, of these objects only; of all objects when the list is empty. */
  readonly rehearsal?: { readonly only: readonly string[] } | undefined;
}

/**
 * The plan that this request runs. Failure USAGE; ConfigErrors with everything that the config or this host lacks.
 */
export async function planRun(
  plan: Plan,
  request: RunRequest,
  inherited: Environment,
): Promise<Plan> {
  const { task, acceptedSizes = [], rehearsal } = request;
  const tasks = tasksReached(plan, task);
  if (acceptedSizes.length > 0) {
    const backups = tasks.filter((one) => one.type === 'backup');
    requireObjects(backups, acceptedSizes);
  }
  const planned = rehearsal === undefined ? plan : planRehearsal(plan, { task, ...rehearsal });
  await confirmHost(planned, [task], { inherited });
  return planned;
}

/** Runs a task to its end. Only a defect is thrown. */
export async function run(operation: Operation, request: RunRequest): Promise<RunReport> {
  refuseWorkerThread();
  const own = forTask(operation, request.task);
  return await runToEnd(own, request, openRunLedger(own, request));
}

export interface RunHandle {
  readonly id: string;
  /** Rejects for a defect alone. */
  readonly done: Promise<RunReport>;
  /** Stops the run in good order; `reason` becomes the failure of the run. A second call changes nothing. */
  cancel(reason: Failure): void;
  /** What is known so far. */
  report(): RunReport;
}

/** Starts a run that can be watched and cancelled. */
export function startRun(surroundings: Surroundings, request: RunRequest): RunHandle {
  refuseWorkerThread();
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, surroundings.signal]);
  const operation = forTask(openOperation({ ...surroundings, signal }), request.task);
  const ledger = openRunLedger(operation, request);
  return {
    id: operation.id,
    done: runToEnd(operation, request, ledger),
    cancel: (reason) => stop.abort(reason),
    report: () => ledger.report(),
  };
}

/** A task that is not in the config counts as a backup: its run fails at once. */
function openRunLedger(operation: Operation, { task }: RunRequest): Ledger {
  return openLedger(operation, { task, kind: operation.plan.tasks.get(task)?.type ?? 'backup' });
}

async function runToEnd(
  operation: Operation,
  request: RunRequest,
  ledger: Ledger,
): Promise<RunReport> {
  const { waitMs = 0, acceptedSizes = [] } = request;
  const { value: planned, failure } = await endOf(operation, async () => {
    requireSystem();
    const { plan, host, signal } = operation;
    // What is asked whether it can make snapshots may not answer.
    const fit = await orReason(planRun(plan, request, host.environment), signal);
    await thawBefore(operation);
    operation.signal.throwIfAborted();
    return fit;
  });
  if (failure === undefined) {
    const task = findTask(planned, request.task);
    // Other operations do not wait until all that a run needs is loaded.
    const { runTask } = await import('./task.js');
    await runTask(
      { ...operation, plan: planned },
      { task, ledger, waitMs, acceptedSizes, isConfirmed: true },
    );
    if (ledger.report().failure === undefined) await tellProcesses(operation);
  } else ledger.end({ failure });
  tellEnd(operation, 'run', ledger.report());
  // The outlet may have failed at the last events, too.
  return ledger.report();
}

/** What is still frozen could keep the run waiting for ever. What cannot be thawed need not be of this task. */
async function thawBefore(operation: Operation): Promise<void> {
  const { thawLeftovers } = await import('../snapshots/thaw-leftovers.js');
  const { failures } = await thawLeftovers(operation);
  for (const failure of failures) operation.aftermath.add(failure);
}
