/** The objects of one copy: each is its pipeline, run into the sink, and becomes an entry of the manifest. */
import { setMaxListeners } from 'node:events';
import type { BackupPlan, ObjectPlan } from '../config/plan/plan.js';
import { renderValue } from '../config/plan/render-value.js';
import type { ManifestObject, ManifestStage } from '../copy/manifest.js';
import type { Prefix } from '../copy/prefix.js';
import { restoreLine } from '../copy/restore-line.js';
import type { JudgedStage } from '../exec/blame.js';
import { stageName } from '../exec/command.js';
import { runPipeline } from '../exec/pipeline.js';
import { createRedactor, type Redactor } from '../exec/values.js';
import { Failure } from '../failure/failure.js';
import { traitsOf } from '../sink/registry.js';
import type { ObjectWriter, OpenCopy, StoredObject } from '../sink/sink.js';
import { confirmGuards, type GuardContext } from './guards.js';
import { HOST } from './identity.js';
import type { Operation } from './operation.js';
import { runSchedule } from './schedule.js';
import { tellStderr } from './stage-output.js';
import { openTextGuards, type TextGuards } from './text-guards.js';

export interface CopyInProgress {
  readonly backup: BackupPlan;
  readonly copy: OpenCopy;
  readonly prefix: Prefix;
  readonly runId: string;
  readonly lastSizes: GuardContext['lastSizes'];
  readonly acceptedSizes: GuardContext['acceptedSizes'];
}

/** How often the bytes that have arrived are told. */
const PROGRESS_EVERY_MS = 200;
/** Characters of stderr that the manifest keeps of a stage. */
const LONGEST_STDERR = 2000;

/** Builds every object of the backup. When one fails the others are stopped, and the first failure is thrown. */
export async function buildObjects(
  operation: Operation,
  progress: CopyInProgress,
): Promise<ManifestObject[]> {
  const { emit, signals, plan } = operation;
  const siblings = new AbortController();
  const signal = AbortSignal.any([siblings.signal, signals.signal]);
  // Every object that is being built listens: Node would warn from the eleventh on.
  setMaxListeners(0, signal);
  const built: ManifestObject[] = [];
  const running = new Map<string, ObjectWriter>();
  const ticker = setInterval(() => {
    for (const [object, writer] of running)
      emit({ type: 'object-progress', object, bytes: writer.bytes() });
  }, PROGRESS_EVERY_MS);
  try {
    await runSchedule({
      groups: progress.backup.groups,
      workers: plan.workers,
      signal,
      build: async (object) => {
        const redactor = createRedactor();
        built.push(await buildObject({ operation, progress, object, signal, running, redactor }));
      },
      onFailure: () => {
        if (running.size > 0) emit({ type: 'stopping', reason: 'an object failed' });
        siblings.abort(new Cancelled());
      },
      onGroupStarted: ({ id, objects }) =>
        emit({ type: 'group-started', group: id, objects: objects.length }),
      onGroupFinished: ({ id }) => emit({ type: 'group-finished', group: id }),
    });
  } finally {
    clearInterval(ticker);
  }
  return built.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Why an object was stopped when a sibling failed: never the failure that is reported. */
class Cancelled extends Error {}

interface ObjectBuild {
  readonly operation: Operation;
  readonly progress: CopyInProgress;
  readonly object: ObjectPlan;
  readonly signal: AbortSignal;
  readonly running: Map<string, ObjectWriter>;
  /** Learns the secrets of the object's stages. */
  readonly redactor: Redactor;
}

async function buildObject(build: ObjectBuild): Promise<ManifestObject> {
  const { object, operation } = build;
  const { emit, clock } = operation;
  const started = clock();
  const startedAt = performance.now();
  emit({
    type: 'object-started',
    object: object.path,
    group: object.group,
    stages: object.pipeline.map(stageName),
  });
  try {
    const { stages, stored, texts } = await store(build);
    const guards = { ...build.progress, task: build.progress.backup.id, emit };
    confirmGuards(guards, { object, size: stored.size, texts });
    const durationMs = performance.now() - startedAt;
    emit({
      type: 'object-finished',
      object: object.path,
      group: object.group,
      size: stored.size,
      sha256: stored.sha256,
      durationMs,
    });
    return describeObject(build, { stages, stored, started, finished: clock() });
  } catch (error) {
    reportFailedObject(build, error);
    throw error;
  }
}

interface Made {
  readonly stages: readonly JudgedStage[];
  readonly stored: StoredObject;
  /** What is wrong with what its stages wrote. */
  readonly texts: readonly string[];
}

/** Runs the pipeline into the sink. The object counts only when every stage has ended well and the store has it all. */
async function store(build: ObjectBuild): Promise<Made> {
  const { object, progress, running } = build;
  const writer = await progress.copy.create({
    path: object.path,
    allocSize: object.allocSize,
    expectedSize: progress.lastSizes.get(object.path),
  });
  running.set(object.path, writer);
  let guards: TextGuards | undefined;
  try {
    guards = await openTextGuards(object);
    const stages = await runObjectPipeline(build, writer, guards);
    const texts = await guards.findMissing();
    return { stages, texts, stored: await writer.finish() };
  } catch (error) {
    const explanation = error instanceof Failure ? await writer.explain() : undefined;
    await writer.abort();
    throw explain(error, explanation);
  } finally {
    running.delete(object.path);
    await guards?.close();
  }
}

/** A store that failed is the cause of the stage that could not write to it any more. */
function explain(error: unknown, explanation: string | Failure | undefined): unknown {
  if (!(error instanceof Failure) || explanation === undefined || error === explanation)
    return error;
  if (explanation instanceof Failure)
    return explanation.withDetails([`its last stage then failed: ${error.message}`]);
  return error.withDetails([explanation]);
}

function runObjectPipeline(
  build: ObjectBuild,
  writer: ObjectWriter,
  guards: TextGuards,
): Promise<readonly JudgedStage[]> {
  const { object, operation, progress, signal, redactor } = build;
  const facts = {
    task: progress.backup.id,
    host: HOST,
    prefix: progress.prefix.name,
    object: object.path,
  };
  const blockedSignals = operation.signals.blocked();
  return runPipeline({
    execs: object.pipeline,
    context: { facts, runId: progress.runId, redactor, blockedSignals },
    stdout: writer.fd,
    taps: guards.taps,
    onStarted: () => {
      writer.handOver();
      guards.handOver();
    },
    onLine: tellStderr(operation.emit, object.path),
    signal,
  });
}

function reportFailedObject({ object, operation }: ObjectBuild, error: unknown): void {
  const where = { object: object.path, group: object.group };
  const wasStopped = error instanceof Cancelled || error === operation.signals.signal.reason;
  if (wasStopped) operation.emit({ type: 'object-cancelled', ...where });
  else if (error instanceof Failure)
    operation.emit({ type: 'object-failed', ...where, failure: error });
}

interface Built {
  readonly stages: readonly JudgedStage[];
  readonly stored: StoredObject;
  readonly started: number;
  readonly finished: number;
}

function describeObject(
  { object, progress, redactor }: ObjectBuild,
  { stages, stored, started, finished }: Built,
): ManifestObject {
  const described = stages.map((stage) => describeStage(stage, redactor));
  return {
    path: object.path,
    size: stored.size,
    sha256: hashOf(stored, progress.backup),
    ...volumesOf(stored),
    group: object.group,
    started: new Date(started).toISOString(),
    finished: new Date(finished).toISOString(),
    stages: described,
    restore: restoreLine({ path: object.path, stages: described, ...volumesOf(stored) }),
    ...applyOf(object),
  };
}

/** A sink that keeps nothing has no hash, and writes no manifest that would want one. */
function hashOf({ sha256 }: StoredObject, { sink }: BackupPlan): string {
  if (sha256 !== null) return sha256;
  if (traitsOf(sink).keeps) throw new Error('the sink has kept an object without its hash');
  return '';
}

function volumesOf({ volumes }: StoredObject): { readonly volumes?: readonly string[] } {
  return volumes === undefined ? {} : { volumes };
}

function applyOf({ restore }: ObjectPlan): Pick<ManifestObject, 'apply'> {
  return restore === undefined
    ? {}
    : { apply: restore.map(({ argv }) => argv.map((value) => renderValue(value))) };
}

function describeStage({ exec, end }: JudgedStage, redactor: Redactor): ManifestStage {
  // An exit code other than 0 that the exec accepts is a warning.
  const said = end.exitCode === 0 ? '' : redactor.redact(end.stderr).slice(-LONGEST_STDERR);
  return {
    argv: exec.argv.map(renderValue),
    exitCode: end.exitCode,
    signal: end.signal,
    durationMs: Math.round(end.endedAt - end.startedAt),
    inverse: exec.inverse?.argv.map(renderValue) ?? null,
    ...(said === '' ? {} : { stderr: said }),
  };
}
