/** A backup task: its sink, its groups, its objects. */

import { parseSize } from '../../units/bytes.js';
import { parseDuration } from '../../units/duration.js';
import { child, isSound, isUnreadable, items, parseAt } from '../check/cursor.js';
import type { BackupObject, BackupTask } from '../check/types.gen.js';
import type { Cursor } from '../check/validate.js';
import type { Problems } from '../read/problems.js';
import { placeOf, textOf } from '../read/source.js';
import { resolveDrill } from './drill.js';
import { resolveExpect } from './expect.js';
import { DEFAULT_GROUP, type GroupOrder, reportUnknownGroup, resolveGroups } from './groups.js';
import { isGoodPath, reportCollisions } from './object-path.js';
import type { BackupPlan, ExecPlan, GroupPlan, ObjectPlan } from './plan.js';
import { resolveSign } from './sign.js';
import { resolveSink } from './sinks/sinks.js';
import { type ExecScope, resolveStage } from './stage.js';

export function resolveBackup(at: Cursor<BackupTask>, scope: ExecScope): BackupPlan | undefined {
  const { problems } = scope;
  const sink = resolveSink(at, problems);
  const sign = resolveSign(child(at, 'sign', problems), problems);
  const declared = child(at, 'object-groups', problems);
  const order = resolveGroups(declared, problems);
  const written = items(child(at, 'objects', problems), problems);
  const paths = written.flatMap((object) => child(object, 'path', problems) ?? []);
  reportCollisions(
    paths.filter((path) => isGoodPath(path, problems)),
    problems,
  );
  const areGroupsKnown = !isUnreadable(at, 'object-groups', problems);
  const within = { ...scope, order, areGroupsKnown };
  const objects = written.flatMap((object) => resolveObject(object, within) ?? []);
  const maxAge = parseAt(child(at, 'max-age', problems), parseDuration, problems);
  const known = isUnreadable(at, 'objects', problems) ? undefined : paths.map(({ value }) => value);
  const drill = resolveDrill(child(at, 'drill', problems), { ...scope, objects: known });
  if (sink === undefined) return undefined;
  const groups = fillGroups({
    order,
    objects,
    declared: items(declared, problems).map((group) => group.value.id),
  });
  const { id } = at.value;
  return { type: 'backup', id, place: placeOf(at.node), sink, sign, maxAge, groups, drill };
}

function resolveObject(
  at: Cursor<BackupObject>,
  scope: ExecScope & { readonly order: GroupOrder; readonly areGroupsKnown: boolean },
): ObjectPlan | undefined {
  const { problems } = scope;
  const group = child(at, 'group', problems);
  if (group !== undefined && scope.areGroupsKnown && !scope.order.has(group.value)) {
    reportUnknownGroup(group, scope.order.keys(), problems);
  }
  const stages = items(child(at, 'pipeline', problems), problems);
  const pipeline = stages.flatMap((stage) => resolveStage(stage, scope) ?? []);
  const allocSize = resolveAllocSize(at, problems);
  const isWhole = stages.length > 0 && pipeline.length === at.value.pipeline.length;
  const expect = resolveExpect(child(at, 'expect', problems), {
    pipeline: isWhole ? pipeline : undefined,
    problems,
  });
  const restore = resolveRestore(at, scope);
  if (!isSound(at.node, problems)) return undefined;
  return {
    path: at.value.path,
    group: group?.value ?? DEFAULT_GROUP,
    place: placeOf(at.node),
    pipeline,
    allocSize,
    expect,
    restore,
  };
}

function resolveRestore(
  at: Cursor<BackupObject>,
  scope: ExecScope,
): readonly ExecPlan[] | undefined {
  const written = child(at, 'restore', scope.problems);
  if (written === undefined) return undefined;
  return items(written, scope.problems).flatMap((stage) => resolveStage(stage, scope) ?? []);
}

function resolveAllocSize(at: Cursor<BackupObject>, problems: Problems): number | undefined {
  const written = child(at, 'alloc-size', problems);
  if (written === undefined) return undefined;
  const { value, node } = written;
  const text = typeof value === 'number' ? textOf(node) : value;
  return parseAt({ value: text, node }, parseSize, problems);
}

/** The implicit group is there when something is in it or waits for it. */
function fillGroups(parts: {
  readonly order: GroupOrder;
  readonly objects: readonly ObjectPlan[];
  readonly declared: readonly string[];
}): readonly GroupPlan[] {
  const { order, objects, declared } = parts;
  const byGroup = new Map<string, ObjectPlan[]>([...order.keys()].map((id) => [id, []]));
  for (const object of objects) byGroup.get(object.group)?.push(object);
  const named = new Set([...declared, ...[...order.values()].flat()]);
  const groups = [...order].map(([id, depends]) => ({
    id,
    depends,
    objects: byGroup.get(id) ?? [],
  }));
  return groups.filter(({ id, objects: own }) => own.length > 0 || named.has(id));
}
