/** A backup task: its sink, its groups, its objects. */

import { parseSize } from '../../units/bytes.js';
import { parseDuration } from '../../units/duration.js';
import {
  type Cursor,
  child,
  exactText,
  isSound,
  isUnreadable,
  items,
  parseAt,
} from '../check/cursor.js';
import type { BackupObject, BackupTask, PipelineElement } from '../check/types.gen.js';
import { placeOf } from '../read/source.js';
import type { Dependencies } from './dependencies.js';
import { resolveDrill } from './drill.js';
import { resolveExpect } from './expect.js';
import { checkGroup, DEFAULT_GROUP, resolveGroups } from './groups.js';
import { NO_HOOKS, resolveHooks } from './hooks.js';
import { checkPaths } from './object-path.js';
import type { BackupPlan, ExecPlan, GroupPlan, HooksPlan, ObjectPlan } from './plan.js';
import { resolveSign } from './sign.js';
import { pathLimitOf, resolveSink } from './sinks/sinks.js';
import { resolveStage, type Scope } from './stage.js';

export function resolveBackup(at: Cursor<BackupTask>, scope: Scope): BackupPlan | undefined {
  const { problems } = scope;
  const sink = resolveSink(at, problems);
  const sign = resolveSign(child(at, 'sign', problems), problems);
  const declared = child(at, 'object-groups', problems);
  const order = resolveGroups(declared, problems);
  const elements = items(child(at, 'objects', problems), problems);
  const paths = elements.flatMap((element) => child(element, 'path', problems) ?? []);
  checkPaths(paths, sink && pathLimitOf(sink), problems);
  const groups = isUnreadable(at, 'object-groups', problems) ? undefined : order;
  const objects = elements.flatMap((element) => resolveObject(element, groups, scope) ?? []);
  const maxAge = parseAt(child(at, 'max-age', problems), parseDuration, problems);
  const known = isUnreadable(at, 'objects', problems) ? undefined : paths.map(({ value }) => value);
  const drill = resolveDrill(child(at, 'drill', problems), known, scope);
  if (sink === undefined) return undefined;
  const hooks = new Map(
    items(declared, problems).map((group) => [group.value.id, resolveHooks(group, 'group', scope)]),
  );
  return {
    type: 'backup',
    id: at.value.id,
    place: placeOf(at.node),
    sink,
    sign,
    maxAge,
    groups: fillGroups(order, objects, hooks),
    drill,
    hooks: resolveHooks(at, 'backup', scope),
  };
}

/** `groups`: undefined when they could not be read: then none is unknown. */
function resolveObject(
  at: Cursor<BackupObject>,
  groups: Dependencies | undefined,
  scope: Scope,
): ObjectPlan | undefined {
  const { problems } = scope;
  const group = child(at, 'group', problems);
  if (group !== undefined && groups !== undefined) checkGroup(group, groups, problems);
  const stages = items(child(at, 'pipeline', problems), problems);
  const pipeline = resolveStages(stages, scope);
  const isWhole = stages.length > 0 && pipeline.length === at.value.pipeline.length;
  const restore = child(at, 'restore', problems);
  const plan: ObjectPlan = {
    path: at.value.path,
    group: group?.value ?? DEFAULT_GROUP,
    place: placeOf(at.node),
    pipeline,
    allocSize: parseAt(exactText(child(at, 'alloc-size', problems)), parseSize, problems),
    expect: resolveExpect(child(at, 'expect', problems), isWhole ? pipeline : undefined, problems),
    restore: restore && resolveStages(items(restore, problems), scope),
    hooks: resolveHooks(at, 'object', scope),
  };
  return isSound(at.node, problems) ? plan : undefined;
}

function resolveStages(
  elements: readonly Cursor<PipelineElement>[],
  scope: Scope,
): readonly ExecPlan[] {
  return elements.flatMap((element) => resolveStage(element, scope) ?? []);
}

/** The implicit group is left out when nothing is in it and no group names it. */
function fillGroups(
  order: Dependencies,
  objects: readonly ObjectPlan[],
  declared: ReadonlyMap<string, HooksPlan>,
): readonly GroupPlan[] {
  const byGroup = new Map<string, ObjectPlan[]>([...order.keys()].map((id) => [id, []]));
  for (const object of objects) byGroup.get(object.group)?.push(object);
  const named = new Set([...declared.keys(), ...[...order.values()].flat()]);
  const groups = [...order].map(([id, depends]) => ({
    id,
    depends,
    objects: byGroup.get(id) ?? [],
    hooks: declared.get(id) ?? NO_HOOKS,
  }));
  return groups.filter(({ id, objects: members }) => members.length > 0 || named.has(id));
}
