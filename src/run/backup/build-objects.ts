/** Builds the objects of one copy: runs the pipeline of each into the sink, and makes its entry of the manifest. */

import type { ObjectPlan } from '../../config/plan/plan.js';
import { renderValue } from '../../config/plan/render-value.js';
import type { ManifestObject, ManifestStage } from '../../copy/manifest.js';
import { restoreLine } from '../../copy/restore-line.js';
import type { JudgedStage } from '../../exec/blame.js';
import { stageName } from '../../exec/command.js';
import { type PipelineStart, runPipeline } from '../../exec/pipeline.js';
import type { Redactor } from '../../exec/redactor.js';
import type { Intake } from '../../host/intake.js';
import type { ObjectConsumer, OpenCopy, StoredObject } from '../../sink/sink.js';
import { confirmManifestSize } from '../../sink/stored-manifest.js';
import { writeJson } from '../../wire/json-text.js';
import { aroundPart } from '../hooks/around-part.js';
import { intakeBracket } from '../objects/intake.js';
import { type ObjectRun, runObjects } from '../objects/objects.js';
import { runContext } from '../objects/run-context.js';
import { tellHeld, tellOutput } from '../objects/stage-output.js';
import { type Bracket, within } from '../operation/bracket.js';
import { type GroupSnapshot, readSnapshot } from '../snapshots/group-snapshot.js';
import type { Printed } from '../snapshots/hold.js';
import { aroundGroup } from './around-group.js';
import type { BackupRun } from './backup-run.js';
import { confirmGuards } from './guards.js';
import { type HeldText, runHeldText } from './held-text.js';
import { type TextGuards, textGuardsBracket } from './text-guards.js';

/** How many characters of its stderr the manifest keeps of a stage. */
const LONGEST_STDERR = 2000;

export interface BuiltObjects {
  readonly objects: readonly ManifestObject[];
  /** By the id of the group. */
  readonly snapshots: ReadonlyMap<string, GroupSnapshot>;
  /** For how many milliseconds something was frozen, by the id of the group. */
  readonly frozen: ReadonlyMap<string, number>;
}

/** Builds every object of the backup. When one fails the others are stopped, and the first failure is thrown. */
export async function buildObjects(run: BackupRun, copy: OpenCopy): Promise<BuiltObjects> {
  const { operation, backup, prefix, ledger } = run;
  let manifestSize = 0;
  const snapshots = new Map<string, GroupSnapshot>();
  const frozen = new Map<string, number>();
  /** By the path of the object. */
  const texts = new Map<string, HeldText>();
  const entries = await runObjects(operation, {
    groups: backup.groups,
    context: {
      ...runContext(operation, { task: backup.id, prefix: prefix.name }),
      factsOfGroup: (group) => snapshots.get(group)?.facts,
    },
    describe: ({ path, group, pipeline }: ObjectPlan) => ({
      path,
      group,
      stages: pipeline.map(stageName),
    }),
    onObject: (report) => ledger.setObject(report),
    around({ id }, work, signal) {
      const onSnapshot = (one: GroupSnapshot): void => void snapshots.set(id, one);
      const onThawed = (durationMs: number): void => {
        frozen.set(id, durationMs);
        ledger.addFreeze({ group: id, durationMs });
      };
      const onPrinted = ({ stage, texts: printed }: Printed): void => {
        for (const [path, text] of printed) texts.set(path, { stage, text });
      };
      return aroundGroup(run, { id, signal, onSnapshot, onThawed, onPrinted }, work);
    },
    async work(object, objectRun) {
      const { path: name, hooks } = object;
      const { signal, context } = objectRun;
      const environment = { ...context.environment, PALHM_GROUP: object.group };
      const own = { ...context, environment };
      const part = { part: 'object', name, hooks, signal, context: own, sizeOf } as const;
      const held = texts.get(name);
      // A text that a program has printed is no part of a snapshot, which is gone by then.
      const snapshot = held === undefined ? snapshots.get(object.group) : undefined;
      const entry = await aroundPart(operation, part, () =>
        readSnapshot({ snapshot, signal }, () =>
          buildObject({ ...run, copy, object, held, ...objectRun }),
        ),
      );
      manifestSize += Buffer.byteLength(writeJson(entry));
      // Known here long before the commit, which would refuse it.
      confirmManifestSize(manifestSize);
      return entry;
    },
  });
  return { objects: entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)), snapshots, frozen };
}

function sizeOf({ size }: ManifestObject): number {
  return size;
}

/** What lasts as long as one object is built. */
interface ObjectBuild extends BackupRun, ObjectRun {
  readonly copy: OpenCopy;
  readonly object: ObjectPlan;
  /** What it is made of, when that is no pipeline. */
  readonly held: HeldText | undefined;
}

/** What the stages and the store say of an object. */
interface BuildResult {
  readonly stages: readonly JudgedStage[];
  readonly stored: StoredObject;
  /** What is wrong with what its stages wrote, one sentence each. */
  readonly texts: readonly string[];
}

async function buildObject(build: ObjectBuild): Promise<ManifestObject> {
  const { object, operation, threads } = build;
  const { clock } = operation.host;
  const started = clock();
  const result = await within(operation, textGuardsBracket(object, threads), (guards) =>
    within(operation, consumerBracket(build), (consumer) => storeObject(build, guards, consumer)),
  );
  confirmGuards(build, { object, size: result.stored.size, texts: result.texts });
  return describeObject(build, result, { started, finished: clock() });
}

/** The consumer finishes the object when it is whole; otherwise it is aborted. */
function consumerBracket({ copy, object, lastSizes }: ObjectBuild): Bracket<ObjectConsumer> {
  const { path, allocSize } = object;
  return {
    name: `object "${path}"`,
    open: () => copy.create({ path, allocSize, expectedSize: lastSizes.get(path) }),
    async close(consumer, outcome) {
      if (outcome.type === 'failed') await consumer.abort();
    },
  };
}

/** Runs the pipeline into the sink. The object counts only when every stage has ended well and the store has all of it. */
function storeObject(
  build: ObjectBuild,
  guards: TextGuards,
  consumer: ObjectConsumer,
): Promise<BuildResult> {
  const { operation, object, held, threads, signal, watch } = build;
  const request = { path: object.path, threads, consumer, texts: guards.lastTexts };
  return within(operation, intakeBracket(request), async (intake) => {
    watch(intake.bytes);
    const start = pipelineOf(build, intake, guards);
    const stages = await (held === undefined
      ? runPipeline(start)
      : runHeldText(operation, held, start));
    const taken = await intake.taken;
    const texts = await guards.findMissing(taken);
    await intake.seal(signal);
    const { size, sha256 } = taken;
    return { stages, texts, stored: await consumer.finish({ size, sha256 }) };
  });
}

function pipelineOf(
  { object, operation, context, signal }: ObjectBuild,
  intake: Intake,
  guards: TextGuards,
): PipelineStart {
  const { emit } = operation;
  return {
    execs: object.pipeline,
    context,
    stdout: intake,
    taps: guards.taps,
    onStarted: () => guards.handOver(),
    ...tellOutput(emit, object.path),
    onHeld: tellHeld(emit, object.path),
    signal,
  };
}

/** Epoch milliseconds. */
interface Times {
  readonly started: number;
  readonly finished: number;
}

function describeObject(
  { object, context }: ObjectBuild,
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
    sha256: stored.sha256,
    ...volumes,
    group,
    started: new Date(started).toISOString(),
    finished: new Date(finished).toISOString(),
    stages: described,
    restore: restoreLine({ path, stages: described, ...volumes }),
    ...(apply === undefined ? {} : { apply }),
  };
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
