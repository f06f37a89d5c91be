/** Builds the objects of one copy: runs the pipeline of each into the sink, and makes its entry of the manifest. */
import type { BackupPlan, ObjectPlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { ManifestObject, ManifestStage } from '../../copy/manifest.js';
import { restoreLine } from '../../copy/restore-line.js';
import type { JudgedStage } from '../../exec/blame.js';
import { stageName } from '../../exec/command.js';
import { type PipelineStart, runPipeline } from '../../exec/pipeline.js';
import type { Redactor } from '../../exec/values.js';
import { Failure } from '../../failure/failure.js';
import { traitsOf } from '../../sink/registry.js';
import type { ObjectWriter, OpenCopy, StoredObject } from '../../sink/sink.js';
import { type ObjectRun, runObjects } from '../objects/objects.js';
import { runContext } from '../objects/run-context.js';
import { tellStderr } from '../objects/stage-output.js';
import { type Bracket, within } from '../operation/bracket.js';
import type { BackupRun } from './backup-run.js';
import { confirmGuards } from './guards.js';
import { type TextGuards, textGuardsBracket } from './text-guards.js';

/** How many characters of its stderr the manifest keeps of a stage. */
const LONGEST_STDERR = 2000;

/** Builds every object of the backup. When one fails the others are stopped, and the first failure is thrown. */
export async function buildObjects(run: BackupRun, copy: OpenCopy): Promise<ManifestObject[]> {
  const { operation, backup, prefix, ledger } = run;
  const entries: ManifestObject[] = [];
  await runObjects<ObjectPlan>(operation, {
    groups: backup.groups,
    context: runContext(operation, { task: backup.id, prefix: prefix.name }),
    describe: ({ path, group, pipeline }) => ({ path, group, stages: pipeline.map(stageName) }),
    onObject: (report) => ledger.setObject(report),
    async work(object, objectRun) {
      const entry = await buildObject({ ...run, copy, object, ...objectRun });
      entries.push(entry);
      return { size: entry.size, sha256: entry.sha256 || null };
    },
  });
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What lasts as long as one object is built. */
interface ObjectBuild extends BackupRun, ObjectRun {
  readonly copy: OpenCopy;
  readonly object: ObjectPlan;
}

/** What the stages and the store say of an object. */
interface BuildResult {
  readonly stages: readonly JudgedStage[];
  readonly stored: StoredObject;
  /** What is wrong with what its stages wrote, one sentence each. */
  readonly texts: readonly string[];
}

async function buildObject(build: ObjectBuild): Promise<ManifestObject> {
  const { object, operation } = build;
  const { clock } = operation.host;
  const started = clock();
  const result = await within(operation, textGuardsBracket(object), (guards) =>
    storeObject(build, guards),
  );
  confirmGuards(build, { object, size: result.stored.size, texts: result.texts });
  return describeObject(build, result, { started, finished: clock() });
}

/** Runs the pipeline into the sink. The object counts only when every stage has ended well and the store has all of it. */
function storeObject(build: ObjectBuild, guards: TextGuards): Promise<BuildResult> {
  const { operation, watch } = build;
  return within(operation, writerBracket(build), async (writer) => {
    watch(() => writer.bytes());
    try {
      const stages = await runPipeline(pipelineOf(build, writer, guards));
      const texts = await guards.findMissing();
      return { stages, texts, stored: await writer.finish() };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw addExplanation(error, await explanationOf(build, writer));
    }
  });
}

/** The writer finishes itself when the object is whole; otherwise it is aborted. */
function writerBracket({ copy, object, lastSizes }: ObjectBuild): Bracket<ObjectWriter> {
  const { path, allocSize } = object;
  return {
    name: `object "${path}"`,
    open: () => copy.create({ path, allocSize, expectedSize: lastSizes.get(path) }),
    async close(writer, outcome) {
      if (outcome.type === 'failed') await writer.abort();
    },
  };
}

/** A store that cannot even explain must not hide the failure that it should explain. */
async function explanationOf(
  { operation }: ObjectBuild,
  writer: ObjectWriter,
): Promise<string | Failure | undefined> {
  try {
    return await writer.explain();
  } catch (error) {
    operation.aftermath.add(error);
    return undefined;
  }
}

/** Where the store failed first, that is the failure: the stage only could not write to it any more. */
function addExplanation(failure: Failure, explanation: string | Failure | undefined): Failure {
  if (explanation === undefined || failure === explanation) return failure;
  if (explanation instanceof Failure)
    return explanation.withDetails([`its last stage then failed: ${failure.message}`]);
  return failure.withDetails([explanation]);
}

function pipelineOf(
  { object, operation, context, signal }: ObjectBuild,
  writer: ObjectWriter,
  guards: TextGuards,
): PipelineStart {
  return {
    execs: object.pipeline,
    context,
    stdout: writer.fd,
    taps: guards.taps,
    onStarted: () => {
      writer.handOver();
      guards.handOver();
    },
    onLine: tellStderr(operation.emit, object.path),
    signal,
  };
}

/** Epoch milliseconds. */
interface Times {
  readonly started: number;
  readonly finished: number;
}

function describeObject(
  { object, backup, context }: ObjectBuild,
  { stages, stored }: BuildResult,
  { started, finished }: Times,
): ManifestObject {
  const { path, group, restore } = object;
  const described = stages.map((stage) => describeStage(stage, context.redactor));
  const volumes = stored.volumes === undefined ? {} : { volumes: stored.volumes };
  const apply = restore?.map(({ argv }) => argv.map((value) => renderValue(value)));
  return {
    path,
    size: stored.size,
    sha256: hashOf(stored, backup),
    ...volumes,
    group,
    started: new Date(started).toISOString(),
    finished: new Date(finished).toISOString(),
    stages: described,
    restore: restoreLine({ path, stages: described, ...volumes }),
    ...(apply === undefined ? {} : { apply }),
  };
}

/** A sink that keeps nothing has no hash, and writes no manifest that needs one. */
function hashOf({ sha256 }: StoredObject, { sink }: BackupPlan): string {
  if (sha256 !== null) return sha256;
  if (traitsOf(sink).keeps) throw new Error('the sink has kept an object without its hash');
  return '';
}

function describeStage({ exec, end }: JudgedStage, redactor: Redactor): ManifestStage {
  // With an exit code other than 0 that the exec accepts, its stderr is a warning worth keeping.
  const stderr = end.exitCode === 0 ? '' : redactor.redact(end.stderr).slice(-LONGEST_STDERR);
  return {
    argv: exec.argv.map(renderValue),
    exitCode: end.exitCode,
    signal: end.signal,
    durationMs: Math.round(end.endedAt - end.startedAt),
    inverse: exec.inverse?.argv.map(renderValue) ?? null,
    ...(stderr === '' ? {} : { stderr }),
  };
}
