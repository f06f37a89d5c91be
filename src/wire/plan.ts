/** `palhm run --plan --json`: the plan as stable JSON. Values stay references. An absent value is null. */
import type {
  DrillPlan,
  ExecPlan,
  ExpectPlan,
  FreezePlan,
  GroupPlan,
  HooksPlan,
  ObjectPlan,
  Plan,
  RecoveryPlan,
  RoutineStep,
  SignPlan,
  SnapshotPlan,
  TaskPlan,
} from '../config/plan/plan.js';
import {
  renderArgument,
  renderEnvironmentValue,
  renderValue,
} from '../config/plan/render-value.js';
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import { tasksReached } from '../config/plan/tasks.js';
import { HIDDEN } from '../config/read/secrecy.js';
import type { KeepRules, RetentionPolicy } from '../copy/policy.js';
import type { PrefixFormat } from '../copy/prefix.js';
import { assertNever } from '../failure/failure.js';
import type { Limit } from '../units/bytes.js';

export type PlanJson = Readonly<ReturnType<typeof encodePlan>>;

/** The description of a sink. Its backend provides it. */
export interface SinkDescription {
  /** The part of the JSON that only this backend has. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly prefix: PrefixFormat;
  /** Undefined where no copies are kept. */
  readonly retention: RetentionPolicy | undefined;
}

/** A parameter of `encodePlan`, because this floor does not know the backends. */
export type DescribeSink = (sink: SinkPlan) => SinkDescription;

/** `tasks` are the task and, after it, each task that its routine runs. */
export function encodePlan(plan: Plan, taskId: string, describeSink: DescribeSink) {
  return {
    task: taskId,
    workers: Number.isFinite(plan.workers) ? plan.workers : null,
    tasks: tasksReached(plan, taskId).map((task) => encodeTask(task, describeSink)),
  };
}

import type { PartStep } from '../config/plan/snapshots/part.js';
import type { LvmVolumePlan } from '../config/plan/snapshots/sources.js';

function encodeTask(task: TaskPlan, describeSink: DescribeSink) {
  switch (task.type) {
    case 'backup':
      return {
        id: task.id,
        type: task.type,
        sink: encodeSink(describeSink(task.sink)),
        max_age_seconds: task.maxAge === undefined ? null : task.maxAge.ms / 1000,
        sign: encodeSign(task.sign),
        groups: task.groups.map((one) => encodeGroup(one)),
        drill: task.drill === undefined ? null : encodeDrill(task.drill),
        hooks: encodeHooks(task.hooks),
        recovery: encodeRecovery(task.recovery),
      };
    case 'routine':
      return {
        id: task.id,
        type: task.type,
        steps: task.steps.map((one) => encodeStep(one)),
        keep_going: task.keepGoing,
        hooks: encodeHooks(task.hooks),
      };
    default:
      return assertNever(task);
  }
}

function encodeSink({ json, prefix, retention }: SinkDescription) {
  if (retention === undefined) return json;
  return {
    ...json,
    timespec: prefix.timespec,
    copies_limit: encodeLimit(retention.copies),
    size_limit: encodeLimit(retention.size),
    keep: encodeKeep(retention.keep),
  };
}

/** A decimal string: a limit may be larger than the largest exact number. */
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

function encodeGroup({ id, depends, objects, snapshot, freeze, hooks }: GroupPlan) {
  return {
    id,
    depends,
    objects: objects.map((one) => encodeObject(one)),
    snapshot: snapshot === undefined ? null : encodeSnapshot(snapshot),
    freeze: freeze === undefined ? null : encodeFreeze(freeze),
    hooks: encodeHooks(hooks),
  };
}

function encodeSnapshot({ source, freeze, afterSnapshot }: SnapshotPlan) {
  return {
    ...encodeSource(source),
    freeze: freeze === undefined ? null : encodeFreeze(freeze),
    after_snapshot: afterSnapshot.map((one) => encodeExec(one)),
  };
}

function encodeSource(source: SnapshotPlan['source']) {
  if ('environment' in source) return { ...source, environment: hideValues(source.environment) };
  if (source.type === 'lvm') return { ...source, volumes: source.volumes.map(encodeVolume) };
  if (source.type !== 'libvirt') return source;
  const { offlineOk, uri = null, disks = null, directory = null, ...others } = source;
  return { ...others, uri, disks, directory, offline_ok: offlineOk };
}

function encodeVolume({ part, ...volume }: LvmVolumePlan) {
  return { ...volume, part: part.map(encodePartStep) };
}

function encodePartStep(step: PartStep) {
  return step.type === 'luks' ? { ...step, key: renderValue(step.key) } : step;
}

function hideValues(variables: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, HIDDEN]));
}

function encodeFreeze({ max, means }: FreezePlan) {
  const pair = means.type === 'pair' ? means : { freeze: [], thaw: [] };
  const output = means.type === 'hold' ? means.output : [];
  return {
    max_ms: max.ms,
    freeze: pair.freeze.map((one) => encodeExec(one)),
    thaw: pair.thaw.map((one) => encodeExec(one)),
    hold: means.type === 'hold' ? encodeExec(means.exec) : null,
    output: output.map(({ path, mayBeEmpty }) => ({ path, may_be_empty: mayBeEmpty })),
  };
}

function encodeHooks({ before, after, onError, always }: HooksPlan) {
  return {
    before: before.map((one) => encodeExec(one)),
    after: after.map((one) => encodeExec(one)),
    on_error: onError.map((one) => encodeExec(one)),
    always: always.map((one) => encodeExec(one)),
  };
}

function encodeRecovery({ pre, end, post }: RecoveryPlan) {
  return {
    pre: pre.map((one) => encodeExec(one)),
    end: end.map((one) => encodeExec(one)),
    post: post.map((one) => encodeExec(one)),
  };
}

function encodeSign(sign: SignPlan | undefined) {
  if (sign === undefined) return null;
  return { key: renderValue(sign.key), trusted: sign.trusted.map(renderValue) };
}

function encodeObject({ path, allocSize, pipeline, expect, restore, hooks }: ObjectPlan) {
  return {
    path,
    alloc_size: allocSize ?? null,
    pipeline: pipeline.map((one) => encodeExec(one)),
    restore: restore?.map((one) => encodeExec(one)) ?? null,
    expect: expect === undefined ? null : encodeExpect(expect),
    hooks: encodeHooks(hooks),
  };
}

/** Stages are counted from 1, as people do. */
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
    argv: exec.argv.map(renderArgument),
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
    in: exec.inside ?? null,
    inverse: exec.inverse?.argv.map(renderArgument) ?? null,
  };
}
