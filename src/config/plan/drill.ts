/** A drill: what prepares it, what it restores, what checks that, what cleans up. */
import { parseDuration } from '../../units/duration.js';
import { type Cursor, child, isSound, items, parseAt } from '../check/cursor.js';
import type { Drill, DrillRestore, PipelineElement } from '../check/types.gen.js';
import type { Problems } from '../read/diagnostics.js';
import { placeOf } from '../read/source.js';
import { reportUnknownId } from './ids.js';
import { refuseInside } from './inside.js';
import type { DrillPlan, DrillRestorePlan, ExecPlan } from './plan.js';
import { NO_SNAPSHOT } from './snapshots/references.js';
import { withSpansOf } from './spans.js';
import { refuseSnapshotOf, resolveDrillStage, type Scope } from './stage.js';

type ResolveExecs = (at: Cursor<readonly PipelineElement[]> | undefined) => readonly ExecPlan[];

/**
 * The drill. Undefined when there is none, or when it has an error, which is reported. `objects` are the paths of the
 * task's objects; undefined when they could not be read: then none is unknown.
 */
export function resolveDrill(
  at: Cursor<Drill> | undefined,
  objects: readonly string[] | undefined,
  scope: Scope,
): DrillPlan | undefined {
  if (at === undefined) return undefined;
  const { problems } = scope;
  const user = child(at, 'user', problems);
  const resolveExecs: ResolveExecs = (elements) =>
    items(elements, problems)
      .flatMap((element) => {
        const exec = resolveDrillStage(element, scope);
        if (exec === undefined) return [];
        refuseSnapshotOf(exec, element.node, { known: NO_SNAPSHOT, problems });
        refuseInside(exec, element, { known: NO_SNAPSHOT, problems });
        return exec;
      })
      .map((exec) => withUser(exec, user));
  const restores = items(child(at, 'restore', problems), problems);
  for (const restore of restores) checkObject(restore, objects, problems);
  const plan: DrillPlan = {
    place: placeOf(at.node),
    user: user?.value,
    timeout: parseAt(child(at, 'timeout', problems), parseDuration, problems),
    prepare: resolveExecs(child(at, 'prepare', problems)),
    restore: restores.flatMap((restore) => resolveRestore(restore, resolveExecs, problems) ?? []),
    check: resolveExecs(child(at, 'check', problems)),
    cleanUp: resolveExecs(child(at, 'clean-up', problems)),
  };
  return isSound(at.node, problems) ? plan : undefined;
}

function checkObject(
  at: Cursor<DrillRestore>,
  objects: readonly string[] | undefined,
  problems: Problems,
): void {
  const object = child(at, 'object', problems);
  if (object === undefined || objects === undefined || objects.includes(object.value)) return;
  const message = `There is no object "${object.value}" in this task.`;
  reportUnknownId(object, message, { known: objects, problems });
}

function resolveRestore(
  at: Cursor<DrillRestore>,
  resolveExecs: ResolveExecs,
  problems: Problems,
): DrillRestorePlan | undefined {
  const object = child(at, 'object', problems);
  const pipeline = resolveExecs(child(at, 'pipeline', problems));
  if (object === undefined) return undefined;
  return { object: object.value, place: placeOf(at.node), pipeline };
}

/** The programs of a drill run as its user unless they have one of their own. */
function withUser(exec: ExecPlan, user: Cursor<string> | undefined): ExecPlan {
  if (user === undefined || exec.user !== undefined) return exec;
  return withSpansOf(exec, { ...exec, user: user.value }, { user: user.node });
}
