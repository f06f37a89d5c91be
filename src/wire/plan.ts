/** `palhm run --plan --json`: the plan as stable JSON. Values stay references; what has no value is null. */
import type {
  DrillPlan,
  ExecPlan,
  ExpectPlan,
  GroupPlan,
  ObjectPlan,
  Plan,
  RoutineStep,
  SignPlan,
  TaskPlan,
} from '../config/plan/plan.js';
import { renderEnvironmentValue, renderValue } from '../config/plan/render-value.js';
import type { S3Plan } from '../config/plan/sinks/aws-s3.js';
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import { tasksReached } from '../config/plan/tasks.js';
import type { KeepRules } from '../copy/policy.js';
import { assertNever } from '../failure/failure.js';
import type { Limit } from '../units/bytes.js';

export type PlanJson = Readonly<ReturnType<typeof encodePlan>>;

/** The task and, after it, each task that its routine runs, under `tasks`. */
export function encodePlan(plan: Plan, taskId: string) {
  return {
    task: taskId,
    workers: Number.isFinite(plan.workers) ? plan.workers : null,
    tasks: tasksReached(plan, taskId).map((task) => encodeTask(task)),
  };
}

function encodeTask(task: TaskPlan) {
  switch (task.type) {
    case 'backup':
      return {
        id: task.id,
        type: task.type,
        sink: encodeSink(task.sink),
        max_age_seconds: task.maxAge === undefined ? null : task.maxAge.ms / 1000,
        sign: encodeSign(task.sign),
        groups: task.groups.map((one) => encodeGroup(one)),
        drill: task.drill === undefined ? null : encodeDrill(task.drill),
      };
    case 'routine':
      return { id: task.id, type: task.type, steps: task.steps.map((one) => encodeStep(one)) };
    default:
      return assertNever(task);
  }
}

function encodeSink(sink: SinkPlan) {
  switch (sink.type) {
    case 'localfs':
      return {
        type: sink.type,
        root: sink.root,
        directory_mode: octal(sink.directoryMode),
        file_mode: octal(sink.fileMode),
        timespec: sink.prefix.timespec,
        copies_limit: encodeLimit(sink.retention.copies),
        size_limit: encodeLimit(sink.retention.size),
        keep: encodeKeep(sink.retention.keep),
      };
    case 'aws-s3':
      return {
        type: sink.type,
        bucket: sink.bucket,
        root: sink.root,
        endpoint: sink.endpoint ?? null,
        region: sink.region ?? null,
        profile: sink.profile ?? null,
        role_arn: sink.roleArn ?? null,
        storage_class: sink.storageClass ?? null,
        final_storage_class: sink.finalStorageClass ?? null,
        ...encodeS3Objects(sink),
        bandwidth: sink.bandwidth ?? null,
        part_size: sink.partSize ?? null,
        queue_size: sink.queueSize ?? null,
        max_parts: sink.maxParts,
        timespec: sink.prefix.timespec,
        copies_limit: encodeLimit(sink.retention.copies),
        size_limit: encodeLimit(sink.retention.size),
        keep: encodeKeep(sink.retention.keep),
      };
    case 'null':
      return { type: sink.type };
    default:
      return assertNever(sink);
  }
}

function encodeS3Objects({ encryption, tags, objectLock }: S3Plan) {
  return {
    encryption: encryption?.algorithm ?? null,
    kms_key_id: encryption?.kmsKeyId ?? null,
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    object_lock:
      objectLock === undefined
        ? null
        : { mode: objectLock.mode, retain_for_ms: objectLock.retainFor.ms },
  };
}

/** A decimal string: a limit may be larger than any number that is exact. */
function encodeLimit(limit: Limit) {
  return limit.type === 'none' ? null : limit.value.toString();
}

function encodeKeep(keep: KeepRules | undefined) {
  if (keep === undefined) return null;
  const { within, last, daily, weekly, monthly, yearly } = keep;
  return { last, daily, weekly, monthly, yearly, within_ms: within?.ms ?? null };
}

function encodeDrill(drill: DrillPlan) {
  return {
    user: drill.user ?? null,
    timeout_ms: drill.timeout?.ms ?? null,
    prepare: drill.prepare.map((one) => encodeExec(one)),
    restore: drill.restore.map(({ object, pipeline }) => ({
      object,
      pipeline: pipeline.map((one) => encodeExec(one)),
    })),
    check: drill.check.map((one) => encodeExec(one)),
    clean_up: drill.cleanUp.map((one) => encodeExec(one)),
  };
}

function encodeGroup({ id, depends, objects }: GroupPlan) {
  return { id, depends, objects: objects.map((one) => encodeObject(one)) };
}

function encodeSign(sign: SignPlan | undefined) {
  if (sign === undefined) return null;
  return { key: renderValue(sign.key), trusted: sign.trusted.map(renderValue) };
}

function encodeObject({ path, allocSize, pipeline, expect, restore }: ObjectPlan) {
  return {
    path,
    alloc_size: allocSize ?? null,
    pipeline: pipeline.map((one) => encodeExec(one)),
    restore: restore?.map((one) => encodeExec(one)) ?? null,
    expect: expect === undefined ? null : encodeExpect(expect),
  };
}

/** Stages count from 1, as they do for people. */
function encodeExpect({ minSize, maxShrink, maxGrowth, texts }: ExpectPlan) {
  return {
    min_size: minSize ?? null,
    max_shrink_percent: maxShrink ?? null,
    max_growth_percent: maxGrowth ?? null,
    texts: texts.map(({ type, text, stage }) => ({ type, text, stage: stage + 1 })),
  };
}

function encodeStep(step: RoutineStep) {
  switch (step.type) {
    case 'exec':
      return { type: step.type, exec: encodeExec(step.exec) };
    case 'task':
      return { type: step.type, task: step.taskId };
    case 'sigmask':
      return { type: step.type, changes: step.changes };
    default:
      return assertNever(step);
  }
}

function encodeExec(exec: ExecPlan) {
  return {
    id: exec.id ?? null,
    argv: exec.argv.map(renderValue),
    env: Object.fromEntries(
      Array.from(exec.env, ([name, value]) => [name, renderEnvironmentValue(value)]),
    ),
    accepts: { min: exec.accepted.min, max: exec.accepted.max },
    signals: exec.signals,
    cwd: exec.cwd ?? null,
    timeout_ms: exec.timeout?.ms ?? null,
    nice: exec.nice ?? null,
    ionice:
      exec.ionice === undefined
        ? null
        : { class: exec.ionice.class, level: exec.ionice.level ?? null },
    user: exec.user ?? null,
    inverse: exec.inverse?.argv.map(renderValue) ?? null,
  };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
