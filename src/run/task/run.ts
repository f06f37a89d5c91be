/** Running a task of the config: as a run to its end, or as one that is started and watched. */
import type { Plan } from '../../config/plan/plan.js';
import { tasksReached } from '../../config/plan/tasks.js';
import type { RunReport } from '../../events/run-report.js';
import type { Environment } from '../../exec/values.js';
import { failureOf } from '../../failure/failure.js';
import { createAftermath } from '../operation/bracket.js';
import { tellEnd } from '../operation/conduct.js';
import { refuseWorkerThread } from '../operation/main-thread.js';
import { type Operation, openOperation, type Surroundings } from '../operation/operation.js';
import { confirmHost } from './confirm-host.js';
import { type Ledger, openLedger } from './ledger.js';
import { planRehearsal, requireObjects } from './rehearsal.js';

export interface RunRequest {
  readonly task: string;
  /** How long a backup waits for another run of its root to end; 0 unless told: not at all. */
  readonly waitMs?: number;
  /** Paths of objects whose size is accepted this time, whatever it was in the newest copy. */
  readonly acceptedSizes?: readonly string[];
  /** A dry run, of these objects only unless there are none. */
  readonly rehearsal?: { readonly only: readonly string[] } | undefined;
}

/**
 * The plan as this request carries it out, when the config and this host have all that it takes. Failure USAGE, and
 * ConfigErrors with everything that is missing.
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

/** Runs a task to its end. */
export async function run(operation: Operation, request: RunRequest): Promise<RunReport> {
  refuseWorkerThread();
  return await runWatched(operation, request, () => {});
}

export interface RunHandle {
  readonly id: string;
  /** Rejects for a defect alone. */
  readonly done: Promise<RunReport>;
  /** Stops the run in good order; `reason` is a Failure, which becomes that of the run. Not for a second time. */
  cancel(reason: Error): void;
  /** What is known so far; undefined before the task has begun. */
  report(): RunReport | undefined;
}

/** Starts a run that can be asked and cancelled. */
export function startRun(surroundings: Surroundings, request: RunRequest): RunHandle {
  refuseWorkerThread();
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, surroundings.signal]);
  const operation = openOperation({ ...surroundings, signal });
  let ledger: Ledger | undefined;
  const done = runWatched(operation, request, (opened) => {
    ledger = opened;
  });
  return {
    id: operation.id,
    done,
    cancel: (reason) => stop.abort(reason),
    report: () => ledger?.report(),
  };
}

async function runWatched(
  operation: Operation,
  request: RunRequest,
  onLedger: (ledger: Ledger) => void,
): Promise<RunReport> {
  const { task, waitMs = 0, acceptedSizes = [] } = request;
  let ledger: Ledger | undefined;
  const early = await failureOf(async () => {
    const plan = await planRun(operation.plan, request, operation.host.environment);
    // Whoever asks for something else than a run does not wait for all that a run needs.
    const { runTask } = await import('./task.js');
    await runTask({ ...operation, plan }, { taskId: task, waitMs, acceptedSizes }, (opened) => {
      ledger = opened;
      onLedger(opened);
    });
  });
  const report = (ledger ?? failedBefore(operation, request, early)).report();
  tellEnd(operation, 'run', report);
  return report;
}

/** Of a task that could not even begin. */
function failedBefore(
  operation: Operation,
  { task }: RunRequest,
  failure: Parameters<Ledger['end']>[0],
): Ledger {
  const kind = operation.plan.tasks.get(task)?.type ?? 'backup';
  const own = { ...operation.about(task), aftermath: createAftermath() };
  const ledger = openLedger(own, { task, kind });
  ledger.end(failure);
  return ledger;
}
