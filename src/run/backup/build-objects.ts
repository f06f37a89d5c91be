/** The objects of one copy: each is its pipeline, run into the sink, and becomes an entry of the manifest. */
import type { BackupPlan, ObjectPlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { ManifestObject, ManifestStage } from '../../copy/manifest.js';
import { restoreLine } from '../../copy/restore-line.js';
import type { JudgedStage } from '../../exec/blame.js';
import { stageName } from '../../exec/command.js';
import { runPipeline } from '../../exec/pipeline.js';
import type { Redactor } from '../../exec/values.js';
import { Failure } from '../../failure/failure.js';
import { traitsOf } from '../../sink/registry.js';
import type { ObjectWriter, OpenCopy, StoredObject } from '../../sink/sink.js';
import { contextOf } from '../objects/context.js';
import { type ObjectRun, runObjects } from '../objects/objects.js';
import { tellStderr } from '../objects/stage-output.js';
import { within } from '../operation/bracket.js';
import type { BackupRun } from './backup-run.js';
import { confirmGuards } from './guards.js';
import { type TextGuards, textGuardsOf } from './text-guards.js';

/** Characters of stderr that the manifest keeps of a stage. */
const LONGEST_STDERR = 2000;

/** Builds every object of the backup. When one fails the others are stopped, and the first failure is thrown. */
export async function buildObjects(run: BackupRun, copy: OpenCopy): Promise<ManifestObject[]> {
  const { operation, backup, prefix, ledger } = run;
  const built: ManifestObject[] = [];
  await runObjects<ObjectPlan>(operation, {
    groups: backup.groups,
    context: contextOf(operation, { task: backup.id, prefix: prefix.name }),
    describe: ({ path, group, pipeline }) => ({ path, group, stages: pipeline.map(stageName) }),
    onObject: (report) => ledger.setObject(report),
    async work(object, objectRun) {
      const entry = await buildObject({ ...run, copy, object, ...objectRun });
      built.push(entry);
      return { size: entry.size, sha256: entry.sha256 };
    },
  });
  return built.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** One object of a backup on its way to the sink. */
interface ObjectBuild extends BackupRun, ObjectRun {
  readonly copy: OpenCopy;
  readonly object: ObjectPlan;
}

async function buildObject(build: ObjectBuild): Promise<ManifestObject> {
  const { object, operation } = build;
  const { clock } = operation.host;
  const started = clock();
  const made = await within(operation, textGuardsOf(object), (guards) =>
    storeObject(build, guards),
  );
  const { size } = made.stored;
  confirmGuards(build, { object, size, texts: made.texts });
  return describeObject(build, { ...made, started, finished: clock() });
}

interface Made {
  readonly stages: readonly JudgedStage[];
  readonly stored: StoredObject;
  /** What is wrong with what its stages wrote. */
  readonly texts: readonly string[];
}

/** Runs the pipeline into the sink. The object counts only when every stage has ended well and the store has it all. */
async function storeObject(build: ObjectBuild, guards: TextGuards): Promise<Made> {
  const { object, copy, watch, lastSizes } = build;
  const { path, allocSize } = object;
  const writer = await copy.create({ path, allocSize, expectedSize: lastSizes.get(path) });
  watch(() => writer.bytes());
  try {
    const stages = await runStages(build, writer, guards);
    const texts = await guards.findMissing();
    return { stages, texts, stored: await writer.finish() };
  } catch (error) {
    const explanation = error instanceof Failure ? await writer.explain() : undefined;
    await writer.abort();
    throw addExplanation(error, explanation);
  }
}

/** A store that failed is the cause of the stage that could not write to it any more. */
function addExplanation(error: unknown, explanation: string | Failure | undefined): unknown {
  if (!(error instanceof Failure) || explanation === undefined || error === explanation)
    return error;
  if (explanation instanceof Failure)
    return explanation.withDetails([`its last stage then failed: ${error.message}`]);
  return error.withDetails([explanation]);
}

function runStages(
  { object, operation, context, signal }: ObjectBuild,
  writer: ObjectWriter,
  guards: TextGuards,
): Promise<readonly JudgedStage[]> {
  return runPipeline({
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
  });
}

interface Built extends Pick<Made, 'stages' | 'stored'> {
  /** Epoch milliseconds. */
  readonly started: number;
  readonly finished: number;
}

function describeObject(
  { object, backup, context }: ObjectBuild,
  { stages, stored, started, finished }: Built,
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

/** A sink that keeps nothing has no hash, and writes no manifest that would want one. */
function hashOf({ sha256 }: StoredObject, { sink }: BackupPlan): string {
  if (sha256 !== null) return sha256;
  if (traitsOf(sink).keeps) throw new Error('the sink has kept an object without its hash');
  return '';
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
