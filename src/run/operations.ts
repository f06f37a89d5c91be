/**
 * The one door of the engine: all that a front end imports of it. Each operation takes an Operation and a request, and
 * returns a report. What a user, a host or a store causes is a Failure in the report; only a defect is thrown.
 * The engine runs in the main thread alone, see main-thread.ts.
 */
import type { Plan } from '../config/plan/plan.js';
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import type { ConfigSource } from '../config/read/source.js';
import type { RotationPlan } from '../copy/retention.js';
import type { BackupStatus } from '../copy/status.js';
import type { RestoreReport, RotationReport } from '../events/run-report.js';
import { requireSystem } from '../host/require-system.js';
import type { SinkFacts } from '../sink/facts.js';
import type { Answer, Push } from './clients/push.js';
import type { Reception } from './clients/receive.js';
import type { CopyDetails, CopyListing, ListRequest, ShowRequest } from './copies/inspect.js';
import type { RotateRequest } from './copies/rotate-task.js';
import type { DrillRequest, DrillResult } from './drill/drill.js';
import { conduct, conductOnBackup, type ReportOf } from './operation/conduct.js';
import { refuseWorkerThread } from './operation/main-thread.js';
import type { HostFacts, Operation } from './operation/operation.js';
import type { TaskProbe } from './probe/probe-sinks.js';
import type { RestoreLines } from './restore/lines.js';
import type { PrintRequest, RestoreRequest } from './restore/request.js';
import type { FoundFrozen } from './snapshots/thaw-leftovers.js';
import type { StatusRequest } from './status/status.js';
import type { VerifyRequest, VerifyResult } from './verify/request.js';

export { loadPlan, openConfig } from '../config/load.js';
export type { Plan } from '../config/plan/plan.js';
export { placeOfCopy } from '../config/plan/sinks/sinks.js';
export { createPlanCache, type PlanCache } from '../config/plan-cache.js';
export type { ConfigSource } from '../config/read/source.js';
export { loadShippedPlan } from '../config/shipped.js';
export type { Emit, Outlet, StampedEvent } from '../events/events.js';
export { exitCodeOf, type Report, type RunReport } from '../events/run-report.js';
export { listSnapshotKinds } from '../snapshot/registry.js';
export { readSchema, readVersion } from './identity.js';
export {
  describeHost,
  type Operation,
  openOperation,
  type StageStdout,
  type Surroundings,
} from './operation/operation.js';
export { createSignalMask, type SignalMask } from './operation/signal-mask.js';
export { openStdoutPipe, type StdoutPipe } from './operation/stdout-pipe.js';
export { type ImagePlace, parseImagePlace } from './restore/image/image.js';
export type {
  Consent,
  CopySource,
  Question,
  RecoveryChoice,
  RestoreWay,
} from './restore/request.js';
export { confirmHost } from './task/confirm-host.js';
export { planRun, type RunHandle, type RunRequest, run, startRun } from './task/run.js';

/** The copies of a task, and what else lies in its root. */
export function list(operation: Operation, request: ListRequest): Promise<ReportOf<CopyListing>> {
  const { task } = request;
  return conductOnBackup(operation, { kind: 'list', task }, async (own, backup) => {
    const { listCopies } = await import('./copies/inspect.js');
    return { found: await listCopies(own, backup) };
  });
}

/** One copy and its manifest. */
export function show(operation: Operation, request: ShowRequest): Promise<ReportOf<CopyDetails>> {
  const { task, copy } = request;
  return conductOnBackup(operation, { kind: 'show', task }, async (own, backup) => {
    const { showCopy } = await import('./copies/inspect.js');
    return { found: await showCopy(own, backup, copy) };
  });
}

/** Removes old copies. Finds nothing for a sink that keeps nothing. */
export function rotate(
  operation: Operation,
  request: RotateRequest,
): Promise<ReportOf<RotationReport>> {
  refuseWorkerThread();
  const { task } = request;
  return conductOnBackup(operation, { kind: 'rotate', task }, async (own, backup) => {
    requireSystem();
    const { rotateTask } = await import('./copies/rotate-task.js');
    const { rotation, failure } = await rotateTask(own, backup, request);
    return { found: rotation, failure };
  });
}

/** What `rotate` would do now. */
export function planRotation(
  operation: Operation,
  request: Omit<RotateRequest, 'waitMs'>,
): Promise<ReportOf<RotationPlan>> {
  const { task } = request;
  return conductOnBackup(operation, { kind: 'rotate', task }, async (own, backup) => {
    const { planTaskRotation } = await import('./copies/rotate-task.js');
    return { found: await planTaskRotation(own, backup, request) };
  });
}

/** Brings objects of a copy back. */
export function restore(
  operation: Operation,
  request: RestoreRequest,
): Promise<ReportOf<RestoreReport>> {
  refuseWorkerThread();
  return conduct(operation, 'restore', async (about) => {
    requireSystem();
    const { restoreCopy } = await import('./restore/restore.js');
    return { found: await restoreCopy(operation, request, about) };
  });
}

/** The shell lines that restore without palhm. */
export function printRestore(
  operation: Operation,
  request: PrintRequest,
): Promise<ReportOf<RestoreLines>> {
  return conduct(operation, 'restore', async () => {
    const { printLines } = await import('./restore/lines.js');
    return { found: await printLines(operation, request) };
  });
}

/** Reads copies again. Fails with VERIFY_FAILED or NOT_READ when one is not whole; the report has the verdicts all the same. */
export function verify(
  operation: Operation,
  request: VerifyRequest,
): Promise<ReportOf<VerifyResult>> {
  refuseWorkerThread();
  const { task } = request;
  return conductOnBackup(operation, { kind: 'verify', task }, async (own, backup) => {
    requireSystem();
    const { verifyCopies } = await import('./verify/verify.js');
    const { describeDamage } = await import('./verify/describe-damage.js');
    const found = await verifyCopies(own, backup, request);
    return { found, failure: describeDamage(found.task, found.verdicts) };
  });
}

/** Proves that a copy can be restored. A drill may run on another host: the programs of the backup need not be there. */
export function drill(operation: Operation, request: DrillRequest): Promise<ReportOf<DrillResult>> {
  refuseWorkerThread();
  const { task } = request;
  return conductOnBackup(operation, { kind: 'drill', task }, async (own, backup) => {
    requireSystem();
    const { runDrill } = await import('./drill/drill.js');
    return { found: await runDrill(own, backup, request) };
  });
}

/** Whether every backup is fresh and whole. Fails with NOT_FRESH when one is not; the report has all states all the same. */
export function status(
  operation: Operation,
  request: StatusRequest,
): Promise<ReportOf<readonly BackupStatus[]>> {
  return conduct(operation, 'status', async () => {
    const { checkBackups } = await import('./status/status.js');
    const { describeStale } = await import('./status/describe-stale.js');
    const found = await checkBackups(operation, request);
    return { found, failure: describeStale(found) };
  });
}

/** Tries the sinks. Fails with CONNECT_FAILED when something is missing; the report has all findings all the same. */
export function probe(operation: Operation): Promise<ReportOf<readonly TaskProbe[]>> {
  refuseWorkerThread();
  return conduct(operation, 'probe', async () => {
    requireSystem();
    const { describeMissing, probeSinks } = await import('./probe/probe-sinks.js');
    const found = await probeSinks(operation);
    return { found, failure: describeMissing(found) };
  });
}

/** Thaws what runs that died have left frozen. Fails with THAW_FAILED; the report has all that was found all the same. */
export function thaw(operation: Operation): Promise<ReportOf<readonly FoundFrozen[]>> {
  refuseWorkerThread();
  return conduct(operation, 'thaw', async () => {
    requireSystem();
    const { thawLeftovers } = await import('./snapshots/thaw-leftovers.js');
    const { found, failures } = await thawLeftovers(operation);
    const [failure, ...others] = failures;
    for (const other of others) operation.aftermath.add(other);
    return { found, failure };
  });
}

/** The merged config with the place that each part comes from, as text. ConfigErrors. */
export async function showConfig(source: ConfigSource): Promise<string> {
  return (await import('../config/origins.js')).showConfig(source);
}

/** What may be wrong with a plan on this host, one sentence each. No secret is opened. */
export async function findDoubts(
  plan: Plan,
  environment: HostFacts['environment'],
): Promise<readonly string[]> {
  const doubts = await import('./probe/doubts.js');
  return await doubts.findDoubts(plan, environment, process.getuid?.() ?? 0);
}

/** Takes the config of a client, and returns the name of its file. */
export async function receiveConfig(reception: Reception): Promise<string> {
  return await (await import('./clients/receive.js')).receiveConfig(reception);
}

/** Hands the config of this machine in. */
export async function pushConfig(push: Push): Promise<Answer> {
  return await (await import('./clients/push.js')).pushConfig(push);
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
