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
import type { SinkPlan } from '../config/plan/sinks/sinks.js';
import { tasksReached } from '../config/plan/tasks.js';
import type { KeepRules, RetentionPolicy } from '../copy/policy.js';
import type { PrefixFormat } from '../copy/prefix.js';
import { assertNever } from '../failure/failure.js';
import type { Limit } from '../units/bytes.js';
import { renderJson } from './json-text.js';

/** What is to be said of a sink, as its backend says it. */
export interface SinkDescription {
  /** Its own part of the JSON. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly prefix: PrefixFormat;
  /** Undefined where no copies are kept. */
  readonly retention: RetentionPolicy | undefined;
}

export interface PlanToRender {
  readonly plan: Plan;
  readonly taskId: string;
  /** Wire does not know the backends. */
  readonly factsOf: (sink: SinkPlan) => SinkDescription;
}

/** The task and, after it, each task that its routine runs, under `tasks`. */
export function renderPlanJson({ plan, taskId, factsOf }: PlanToRender): string {
  return renderJson({
    task: taskId,
    workers: Number.isFinite(plan.workers) ? plan.workers : null,
    tasks: tasksReached(plan, taskId).map((task) => describeTask(task, factsOf)),
  });
}

function describeTask(task: TaskPlan, factsOf: PlanToRender['factsOf']): unknown {
  switch (task.type) {
    case 'backup':
      return {
        id: task.id,
        type: task.type,
        sink: describeSink(factsOf(task.sink)),
        max_age_seconds: task.maxAge === undefined ? null : task.maxAge.ms / 1000,
        sign: describeSign(task.sign),
        groups: task.groups.map(describeGroup),
        drill: task.drill === undefined ? null : describeDrill(task.drill),
      };
    case 'routine':
      return { id: task.id, type: task.type, steps: task.steps.map(describeStep) };
    default:
      return assertNever(task);
  }
}

function describeSink({ json, prefix, retention }: SinkDescription): unknown {
  if (retention === undefined) return json;
  return {
    ...json,
    timespec: prefix.timespec,
    copies_limit: describeLimit(retention.copies),
    size_limit: describeLimit(retention.size),
    keep: describeKeep(retention.keep),
  };
}

/** A decimal string: a limit may be larger than any number that is exact. */
function describeLimit(limit: Limit): string | null {
  return limit.type === 'none' ? null : limit.value.toString();
}

function describeKeep(keep: KeepRules | undefined): unknown {
  if (keep === undefined) return null;
  const { within, last, daily, weekly, monthly, yearly } = keep;
  return { last, daily, weekly, monthly, yearly, within_ms: within?.ms ?? null };
}

function describeDrill(drill: DrillPlan): unknown {
  return {
    user: drill.user ?? null,
    timeout_ms: drill.timeout?.ms ?? null,
    prepare: drill.prepare.map(describeExec),
    restore: drill.restore.map(({ object, pipeline }) => ({
      object,
      pipeline: pipeline.map(describeExec),
    })),
    check: drill.check.map(describeExec),
    clean_up: drill.cleanUp.map(describeExec),
  };
}

function describeGroup({ id, depends, objects }: GroupPlan): unknown {
  return { id, depends, objects: objects.map(describeObject) };
}

function describeSign(sign: SignPlan | undefined): unknown {
  if (sign === undefined) return null;
  return { key: renderValue(sign.key), trusted: sign.trusted.map(renderValue) };
}

function describeObject({ path, allocSize, pipeline, expect, restore }: ObjectPlan): unknown {
  return {
    path,
    alloc_size: allocSize ?? null,
    pipeline: pipeline.map(describeExec),
    restore: restore?.map(describeExec) ?? null,
    expect: expect === undefined ? null : describeExpect(expect),
  };
}

/** Stages count from 1, as they do for people. */
function describeExpect({ minSize, maxShrink, maxGrowth, texts }: ExpectPlan): unknown {
  return {
    min_size: minSize ?? null,
    max_shrink_percent: maxShrink ?? null,
    max_growth_percent: maxGrowth ?? null,
    texts: texts.map(({ type, text, stage }) => ({ type, text, stage: stage + 1 })),
  };
}

function describeStep(step: RoutineStep): unknown {
  switch (step.type) {
    case 'exec':
      return { type: step.type, exec: describeExec(step.exec) };
    case 'task':
      return { type: step.type, task: step.taskId };
    case 'sigmask':
      return { type: step.type, changes: step.changes };
    default:
      return assertNever(step);
  }
}

function describeExec(exec: ExecPlan): unknown {
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
