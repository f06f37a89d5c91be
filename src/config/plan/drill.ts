/** A drill: what prepares it, what it restores, what checks that, what cleans up. */
import { parseDuration } from '../../units/duration.js';
import { child, isSound, items, parseAt } from '../check/cursor.js';
import { suggest } from '../check/suggest.js';
import type { Drill, DrillRestore, PipelineElement } from '../check/types.gen.js';
import type { Cursor } from '../check/validate.js';
import { report } from '../read/problems.js';
import { placeOf } from '../read/source.js';
import type { ConfigNode } from '../read/tree.js';
import type { DrillPlan, DrillRestorePlan, ExecPlan } from './plan.js';
import { rememberSpans, spansOf } from './spans.js';
import { type ExecScope, resolveStage } from './stage.js';

export interface DrillScope extends ExecScope {
  /** The paths of the task's objects; undefined when they could not be read: then none is unknown. */
  readonly objects: readonly string[] | undefined;
}

interface InDrill extends DrillScope {
  readonly hasScratchDirectory: true;
  /** Who the programs run as that do not say. */
  readonly user: Cursor<string> | undefined;
}

/** The drill, or undefined when there is none or something about it is wrong, which then has been said. */
export function resolveDrill(
  at: Cursor<Drill> | undefined,
  given: DrillScope,
): DrillPlan | undefined {
  if (at === undefined) return undefined;
  const { problems } = given;
  const user = child(at, 'user', problems);
  const scope: InDrill = { ...given, hasScratchDirectory: true, user };
  const restores = items(child(at, 'restore', problems), problems);
  const plan: DrillPlan = {
    place: placeOf(at.node),
    user: user?.value,
    timeout: parseAt(child(at, 'timeout', problems), parseDuration, problems),
    prepare: resolveExecs(child(at, 'prepare', problems), scope),
    restore: restores.flatMap((restore) => resolveRestore(restore, scope) ?? []),
    check: resolveExecs(child(at, 'check', problems), scope),
    cleanUp: resolveExecs(child(at, 'clean-up', problems), scope),
  };
  return isSound(at.node, problems) ? plan : undefined;
}

function resolveRestore(at: Cursor<DrillRestore>, scope: InDrill): DrillRestorePlan | undefined {
  const { problems, objects } = scope;
  const object = child(at, 'object', problems);
  const pipeline = resolveExecs(child(at, 'pipeline', problems), scope);
  if (object === undefined) return undefined;
  if (objects !== undefined && !objects.includes(object.value))
    report(problems, {
      code: 'CONFIG_UNKNOWN_ID',
      message: `There is no object "${object.value}" in this task.`,
      hint: suggest(object.value, objects),
      at: object.node,
    });
  return { object: object.value, place: placeOf(at.node), pipeline };
}

function resolveExecs(
  at: Cursor<readonly PipelineElement[]> | undefined,
  scope: InDrill,
): readonly ExecPlan[] {
  return items(at, scope.problems).flatMap((element) => {
    const exec = resolveStage(element, scope);
    return exec === undefined ? [] : [withUser(exec, scope.user)];
  });
}

function withUser(exec: ExecPlan, user: Cursor<string> | undefined): ExecPlan {
  if (user === undefined || exec.user !== undefined) return exec;
  const plan = { ...exec, user: user.value };
  const spans = spansOf(exec);
  const node: ConfigNode = user.node;
  return spans === undefined ? plan : rememberSpans(plan, { ...spans, user: node });
}
