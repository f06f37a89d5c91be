/** Elements of pipelines and routines that run a program: an exec by its id, one with more arguments, one inline. */
import { assertNever } from '../../failure/failure.js';
import { child } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type { ExecAppendElement, ExecElement, PipelineElement } from '../check/types.gen.js';
import type { Cursor } from '../check/validate.js';
import { type Problems, report } from '../read/problems.js';
import { placeOf } from '../read/source.js';
import { resolveExec, resolveInverse } from './exec.js';
import type { ExecPlan } from './plan.js';
import { refuseScratchDirectory } from './scratch-directory.js';
import { rememberSpans, spansOf } from './spans.js';
import { resolveEnv, resolveValues } from './value.js';

/** Execs by id; undefined for one that is defined but wrong. */
export type ExecsById = ReadonlyMap<string, ExecPlan | undefined>;

export interface ExecScope {
  readonly execs: ExecsById;
  /** False when "execs" could not be read: then no id is unknown. */
  readonly areExecsKnown: boolean;
  readonly problems: Problems;
  /** True in a drill. */
  readonly hasScratchDirectory?: boolean;
}

/** A stage, or undefined when it or the exec it names is wrong, which then has been said. */
export function resolveStage(at: Cursor<PipelineElement>, scope: ExecScope): ExecPlan | undefined {
  const exec = resolveByType(at, scope);
  if (exec === undefined || scope.hasScratchDirectory === true) return exec;
  const values = [...exec.argv, ...exec.env.values(), ...(exec.inverse?.argv ?? [])];
  refuseScratchDirectory(values, at.node, scope.problems);
  return exec;
}

function resolveByType(at: Cursor<PipelineElement>, scope: ExecScope): ExecPlan | undefined {
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
  { execs, areExecsKnown, problems }: ExecScope,
): ExecPlan | undefined {
  const inverse = resolveInverse(child(at, 'inverse', problems), problems);
  const id = child(at, 'exec-id', problems);
  if (id === undefined) return undefined;
  const exec = execs.get(id.value);
  if (exec === undefined) {
    if (areExecsKnown && !execs.has(id.value)) reportUnknownExec(id, execs, problems);
    return undefined;
  }
  const plan: ExecPlan = {
    ...exec,
    place: placeOf(at.node),
    stdoutLevel: child(at, 'vl-stdout', problems)?.value ?? exec.stdoutLevel,
    stderrLevel: child(at, 'vl-stderr', problems)?.value ?? exec.stderrLevel,
    inverse: inverse ?? exec.inverse,
  };
  return inheritSpans(plan, exec);
}

function resolveAppend(at: Cursor<ExecAppendElement>, scope: ExecScope): ExecPlan | undefined {
  const { problems } = scope;
  const argv = resolveValues(child(at, 'argv', problems), problems);
  const env = resolveEnv(child(at, 'env', problems), problems);
  const exec = resolvePointer(at, scope);
  if (exec === undefined) return undefined;
  const plan = { ...exec, argv: [...exec.argv, ...argv], env: new Map([...exec.env, ...env]) };
  return inheritSpans(plan, exec);
}

function inheritSpans(plan: ExecPlan, from: ExecPlan): ExecPlan {
  const spans = spansOf(from);
  return spans === undefined ? plan : rememberSpans(plan, spans);
}

function reportUnknownExec(id: Cursor<string>, execs: ExecsById, problems: Problems): void {
  report(problems, {
    code: 'CONFIG_UNKNOWN_ID',
    message: `There is no exec "${id.value}".`,
    hint: suggest(id.value, execs.keys()),
    at: id.node,
  });
}
