/**
 * The one door of the engine: all that a front end imports of it. Each operation takes an Operation and a request, and
 * returns a report; what a user, a host or a store causes is a Failure in the report, and only a defect is thrown.
 * It runs in the main thread alone, see main-thread.ts.
 */
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import type { ConfigSource } from '../config/read/source.js';
import type { RotationPlan } from '../copy/retention.js';
import type { BackupStatus } from '../copy/status.js';
import type { Restored, RotationReport } from '../events/run-report.js';
import type { SinkFacts } from '../sink/facts.js';
import type { ListedCopies, ListRequest, ShownCopy, ShowRequest } from './copies/look.js';
import type { RotateRequest } from './copies/rotate-now.js';
import type { Drilled, DrillRequest } from './drill/drill.js';
import { conduct, type ReportOf } from './operation/conduct.js';
import { refuseWorkerThread } from './operation/main-thread.js';
import type { Operation } from './operation/operation.js';
import type { ProbedTask } from './probe/probe-sinks.js';
import type { PrintedLines, Printing } from './restore/lines.js';
import type { CopySource, RestoreRequest } from './restore/request.js';
import type { StatusRequest } from './status/status.js';
import type { VerifiedCopies, VerifyRequest } from './verify/request.js';

export { findConfigFile, loadPlan } from '../config/load.js';
export type { Plan } from '../config/plan/plan.js';
export { placeOfCopy } from '../config/plan/sinks/sinks.js';
export { createPlanCache, type PlanCache } from '../config/plan-cache.js';
export type { ConfigSource } from '../config/read/source.js';
export { loadShippedPlan } from '../config/shipped.js';
export type { Emit, Outlet, StampedEvent } from '../events/events.js';
export { exitCodeOf, type Report, type RunReport } from '../events/run-report.js';
export { readSchema, readVersion } from './identity.js';
export {
  describeHost,
  type Operation,
  openOperation,
  type Surroundings,
} from './operation/operation.js';
export { createSignalMask, type SignalMask } from './operation/signal-mask.js';
export type { Consent, CopySource, Question, RestoreWay } from './restore/request.js';
export { confirmHost } from './task/confirm-host.js';
export { planRun, type RunHandle, type RunRequest, run, startRun } from './task/run.js';

/** The copies of a task, and what else lies in its root. */
export function list(operation: Operation, request: ListRequest): Promise<ReportOf<ListedCopies>> {
  return conduct(operation, 'list', async () => {
    const { listCopies } = await import('./copies/look.js');
    return { found: await listCopies(operation, request) };
  });
}

/** One copy and its manifest. */
export function show(operation: Operation, request: ShowRequest): Promise<ReportOf<ShownCopy>> {
  return conduct(operation, 'show', async () => {
    const { showCopy } = await import('./copies/look.js');
    return { found: await showCopy(operation, request) };
  });
}

/** Removes old copies. Nothing is found for a sink that keeps nothing. */
export function rotate(
  operation: Operation,
  request: RotateRequest,
): Promise<ReportOf<RotationReport>> {
  return conduct(operation, 'rotate', async () => {
    const { rotateNow } = await import('./copies/rotate-now.js');
    const { rotation, failure } = await rotateNow(operation, request);
    return { found: rotation, failure };
  });
}

/** What `rotate` would do now. */
export function planRotation(
  operation: Operation,
  request: Omit<RotateRequest, 'waitMs'>,
): Promise<ReportOf<RotationPlan>> {
  return conduct(operation, 'rotate', async () => {
    const { planNow } = await import('./copies/rotate-now.js');
    return { found: await planNow(operation, request) };
  });
}

/** Brings objects of a copy back. */
export function restore(
  operation: Operation,
  request: RestoreRequest,
): Promise<ReportOf<Restored>> {
  refuseWorkerThread();
  return conduct(operation, 'restore', async () => {
    const { restoreCopy } = await import('./restore/restore.js');
    return { found: await restoreCopy(operation, request) };
  });
}

/** The shell lines that restore without palhm. */
export function printRestore(
  operation: Operation,
  source: CopySource,
  printing: Printing,
): Promise<ReportOf<PrintedLines>> {
  return conduct(operation, 'restore', async () => {
    const { printLines } = await import('./restore/print.js');
    return { found: await printLines(operation, source, printing) };
  });
}

/** Reads copies again. Fails with VERIFY_FAILED when one is not whole; the verdicts are found all the same. */
export function verify(
  operation: Operation,
  request: VerifyRequest,
): Promise<ReportOf<VerifiedCopies>> {
  refuseWorkerThread();
  return conduct(operation, 'verify', async () => {
    const { verifyCopies } = await import('./verify/verify.js');
    const { describeDamage } = await import('./verify/describe-damage.js');
    const found = await verifyCopies(operation, request);
    return { found, failure: describeDamage(found.task, found.verdicts) };
  });
}

/** Proves that a copy can be restored. The programs of the backup are not looked for: a drill may run on another host. */
export function drill(operation: Operation, request: DrillRequest): Promise<ReportOf<Drilled>> {
  refuseWorkerThread();
  return conduct(operation, 'drill', async () => {
    const { runDrill } = await import('./drill/drill.js');
    return { found: await runDrill(operation, request) };
  });
}

/** Whether every backup is fresh and whole. Fails with NOT_FRESH when one is not; their states are found all the same. */
export function status(
  operation: Operation,
  request: StatusRequest,
): Promise<ReportOf<readonly BackupStatus[]>> {
  return conduct(operation, 'status', async () => {
    const { lookAtBackups } = await import('./status/status.js');
    const { describeStale } = await import('./status/describe-stale.js');
    const found = await lookAtBackups(operation, request);
    return { found, failure: describeStale(found) };
  });
}

/** Tries the sinks. Fails with CONNECT_FAILED when something is missing; what was found is found all the same. */
export function probe(operation: Operation): Promise<ReportOf<readonly ProbedTask[]>> {
  return conduct(operation, 'probe', async () => {
    const { findMissing, probeSinks } = await import('./probe/probe-sinks.js');
    const found = await probeSinks(operation);
    return { found, failure: findMissing(found) };
  });
}

/** The merged config with the place that each part comes from, as text. ConfigErrors. */
export async function showConfig(source: ConfigSource): Promise<string> {
  return (await import('../config/origins.js')).showConfig(source);
}

/** What the backends say of the sinks of a plan. */
export async function loadSinkFacts(): Promise<(sink: SinkPlan) => SinkFacts> {
  return (await import('../sink/registry.js')).factsOf;
}

/** What is built in. */
export async function listBackends(): Promise<readonly BackendDescription[]> {
  const { BACKENDS } = await import('../sink/registry.js');
  return Object.entries(BACKENDS).map(([name, { description }]) => ({ name, description }));
}

export interface BackendDescription {
  readonly name: string;
  /** For people: where it stores. */
  readonly description: string;
}
