/** Elements of pipelines and routines that run a program: an exec by its id, the same with more arguments, or inline. */
import { assertNever } from '../../failure/failure.js';
import { parseDuration } from '../../units/duration.js';
import { type Cursor, child, parseAt } from '../check/cursor.js';
import type { ExecAppendElement, ExecElement, PipelineElement } from '../check/types.gen.js';
import type { Problems } from '../read/diagnostics.js';
import { placeOf } from '../read/source.js';
import type { ConfigNode } from '../read/tree.js';
import { resolveExec, resolveInverse } from './exec.js';
import { reportUnknownId } from './ids.js';
import { refuseInside } from './inside.js';
import type { ExecPlan } from './plan.js';
import { type Refusal, refuseFacts } from './run-facts.js';
import { type KnownSnapshot, NO_SNAPSHOT, refuseReferences } from './snapshots/references.js';
import { withSpansOf } from './spans.js';
import { resolveEnv, resolveValues } from './value.js';

/** Execs by id; undefined for one that is defined but has an error. */
export type ExecsById = ReadonlyMap<string, ExecPlan | undefined>;

/** What the parts of a task may refer to, and where problems go. */
export interface Scope {
  /** Undefined when "execs" could not be read: then no id is unknown. */
  readonly execs: ExecsById | undefined;
  /** The ids of all tasks. */
  readonly taskIds: ReadonlySet<string>;
  /** The tasks of all clients that want a backup, in their order. Undefined: the config has no "clients". */
  readonly clientIds: readonly string[] | undefined;
  readonly problems: Problems;
}

/**
 * A stage outside of a drill. Undefined when it, or the exec that it names, has an error, which is reported. `known`: what it
 * may refer to of a snapshot.
 */
export function resolveStage(
  at: Cursor<PipelineElement>,
  scope: Scope,
  known = NO_SNAPSHOT,
): ExecPlan | undefined {
  const exec = resolveDrillStage(at, scope);
  if (exec === undefined) return undefined;
  const { problems } = scope;
  refuseFactsOf(exec, at.node, { facts: ['run:directory'], problems });
  refuseSnapshotOf(exec, at.node, { known, problems });
  refuseInside(exec, at, { known, problems });
  return exec;
}

/** Reports an exec that refers to what is not known of a snapshot. */
export function refuseSnapshotOf(
  { argv, env, inverse }: ExecPlan,
  node: ConfigNode,
  { known, problems }: { readonly known: KnownSnapshot; readonly problems: Problems },
): void {
  refuseReferences([...argv, ...env.values()], node, { known, problems });
  // A restore has no snapshot.
  refuseReferences(inverse?.argv ?? [], node, { known: NO_SNAPSHOT, problems });
}

/** Reports an exec that refers to one of these facts. `node` is the element that it comes from. */
export function refuseFactsOf(
  { argv, env, inverse }: ExecPlan,
  node: ConfigNode,
  refusal: Refusal,
): void {
  refuseFacts([...argv, ...env.values(), ...(inverse?.argv ?? [])], node, refusal);
}

/** Like `resolveStage`, for a drill, where `{"run": "directory"}` has a meaning. */
export function resolveDrillStage(at: Cursor<PipelineElement>, scope: Scope): ExecPlan | undefined {
  const { value, node } = at;
  switch (value.type) {
    case 'exec':
      return resolvePointer({ value, node }, scope);
    case 'exec-append':
      return resolveAppend({ value, node }, scope);
    case 'exec-inline':
      return resolveExec({ value, node }, undefined, scope.problems);
    default:
      return assertNever(value);
  }
}

function resolvePointer(
  at: Cursor<ExecElement | ExecAppendElement>,
  { execs, problems }: Scope,
): ExecPlan | undefined {
  const inverse = resolveInverse(child(at, 'inverse', problems), problems);
  const id = child(at, 'exec-id', problems);
  if (id === undefined) return undefined;
  const exec = execs?.get(id.value);
  if (exec === undefined) {
    if (execs?.has(id.value) === false) {
      const message = `There is no exec "${id.value}".`;
      reportUnknownId(id, message, { known: execs.keys(), problems });
    }
    return undefined;
  }
  const plan: ExecPlan = {
    ...exec,
    place: placeOf(at.node),
    stdoutLevel: child(at, 'vl-stdout', problems)?.value ?? exec.stdoutLevel,
    stderrLevel: child(at, 'vl-stderr', problems)?.value ?? exec.stderrLevel,
    timeout: parseAt(child(at, 'timeout', problems), parseDuration, problems) ?? exec.timeout,
    inside: child(at, 'in', problems)?.value,
    inverse: inverse ?? exec.inverse,
  };
  return withSpansOf(exec, plan);
}

function resolveAppend(at: Cursor<ExecAppendElement>, scope: Scope): ExecPlan | undefined {
  const { problems } = scope;
  const argv = resolveValues(child(at, 'argv', problems), problems);
  const env = resolveEnv(child(at, 'env', problems), problems);
  const exec = resolvePointer(at, scope);
  if (exec === undefined) return undefined;
  const plan = { ...exec, argv: [...exec.argv, ...argv], env: new Map([...exec.env, ...env]) };
  return withSpansOf(exec, plan);
}
