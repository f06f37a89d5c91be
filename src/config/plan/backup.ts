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
import type { BackupObject, BackupTask, ObjectGroups } from '../check/types.gen.js';
import type { Problems } from '../read/diagnostics.js';
import { placeOf } from '../read/source.js';
import type { Dependencies } from './dependencies.js';
import { resolveDrill } from './drill.js';
import { resolveExpect } from './expect.js';
import { checkGroup, DEFAULT_GROUP, resolveGroups } from './groups.js';
import { NO_HOOKS, resolveHooks } from './hooks.js';
import { checkPaths } from './object-path.js';
import type { BackupPlan, GroupPlan, ObjectPlan } from './plan.js';
import { resolveRecovery } from './recovery.js';
import { resolveSign } from './sign.js';
import { pathLimitOf, resolveSink } from './sinks/sinks.js';
import { heldObjectsOf, resolveLongFreeze } from './snapshots/freeze.js';
import type { KnownSnapshot } from './snapshots/references.js';
import { knownBefore, knownOfSnapshot, resolveSnapshot } from './snapshots/snapshots.js';
import { resolveStage, type Scope } from './stage.js';

export function resolveBackup(at: Cursor<BackupTask>, scope: Scope): BackupPlan | undefined {
  const { problems } = scope;
  const sink = resolveSink(at, problems);
  const sign = resolveSign(child(at, 'sign', problems), problems);
  const declared = child(at, 'object-groups', problems);
  const order = resolveGroups(declared, problems);
  const elements = items(child(at, 'objects', problems), problems);
  const paths = [
    ...elements.flatMap((element) => child(element, 'path', problems) ?? []),
    ...heldPaths(declared, problems),
  ];
  checkPaths(paths, sink && pathLimitOf(sink), problems);
  const groups = isUnreadable(at, 'object-groups', problems) ? undefined : order;
  const parts = resolveParts(declared, scope);
  const objects = elements.flatMap(
    (element) => resolveObject(element, { groups, parts }, scope) ?? [],
  );
  const maxAge = parseAt(child(at, 'max-age', problems), parseDuration, problems);
  const known = isUnreadable(at, 'objects', problems) ? undefined : paths.map(({ value }) => value);
  const drill = resolveDrill(child(at, 'drill', problems), known, scope);
  if (sink === undefined) return undefined;
  return {
    type: 'backup',
    id: at.value.id,
    place: placeOf(at.node),
    sink,
    sign,
    maxAge,
    groups: fillGroups(order, objects, parts),
    drill,
    hooks: resolveHooks(at, { part: 'backup' }, scope),
    recovery: resolveRecovery(at, scope),
    client: undefined,
  };
}

/** Of the objects that are made of what a program prints that holds. */
function heldPaths(
  declared: Cursor<ObjectGroups> | undefined,
  problems: Problems,
): readonly Cursor<string>[] {
  return items(declared, problems).flatMap((group) => {
    const snapshot = child(group, 'snapshot', problems);
    const freezes = [
      snapshot && child(snapshot, 'freeze', problems),
      child(group, 'freeze', problems),
    ];
    return freezes
      .flatMap((freeze) => items(freeze && child(freeze, 'output', problems), problems))
      .flatMap((object) => child(object, 'path', problems) ?? []);
  });
}

/** What a group has besides its objects. */
interface GroupParts extends Pick<GroupPlan, 'hooks' | 'snapshot' | 'freeze'> {
  readonly known: KnownSnapshot;
}

function resolveParts(
  declared: Cursor<ObjectGroups> | undefined,
  scope: Scope,
): ReadonlyMap<string, GroupParts> {
  const groups = items(declared, scope.problems).map((group) => {
    const at = child(group, 'snapshot', scope.problems);
    const snapshot = resolveSnapshot(at, scope, group.value.id);
    const known = knownOfSnapshot(group.value.snapshot !== undefined, snapshot);
    const freeze = resolveLongFreeze(group, scope);
    const hooks = resolveHooks(group, { part: 'group', known: knownBefore(known) }, scope);
    return [group.value.id, { hooks, snapshot, freeze, known }] as const;
  });
  return new Map(groups);
}

interface Groups {
  /** Undefined when they could not be read: then none is unknown. */
  readonly groups: Dependencies | undefined;
  readonly parts: ReadonlyMap<string, GroupParts>;
}

function resolveObject(
  at: Cursor<BackupObject>,
  { groups, parts }: Groups,
  scope: Scope,
): ObjectPlan | undefined {
  const { problems } = scope;
  const group = child(at, 'group', problems);
  if (group !== undefined && groups !== undefined) checkGroup(group, groups, problems);
  const known = parts.get(group?.value ?? DEFAULT_GROUP)?.known;
  const stages = items(child(at, 'pipeline', problems), problems);
  const pipeline = stages.flatMap((stage) => resolveStage(stage, scope, known) ?? []);
  const isWhole = stages.length > 0 && pipeline.length === at.value.pipeline.length;
  const restore = child(at, 'restore', problems);
  const plan: ObjectPlan = {
    path: at.value.path,
    group: group?.value ?? DEFAULT_GROUP,
    place: placeOf(at.node),
    pipeline,
    allocSize: parseAt(exactText(child(at, 'alloc-size', problems)), parseSize, problems),
    expect: resolveExpect(child(at, 'expect', problems), isWhole ? pipeline : undefined, problems),
    restore:
      restore && items(restore, problems).flatMap((stage) => resolveStage(stage, scope) ?? []),
    hooks: resolveHooks(at, { part: 'object', known }, scope),
  };
  return isSound(at.node, problems) ? plan : undefined;
}

/** The implicit group is left out when nothing is in it and no group names it. */
function fillGroups(
  order: Dependencies,
  objects: readonly ObjectPlan[],
  parts: ReadonlyMap<string, GroupParts>,
): readonly GroupPlan[] {
  const byGroup = new Map<string, ObjectPlan[]>([...order.keys()].map((id) => [id, []]));
  for (const object of objects) byGroup.get(object.group)?.push(object);
  const named = new Set([...parts.keys(), ...[...order.values()].flat()]);
  const groups = [...order].map(([id, depends]) => {
    const { hooks = NO_HOOKS, snapshot, freeze } = parts.get(id) ?? {};
    const members = [...(byGroup.get(id) ?? []), ...heldObjectsOf({ snapshot, freeze })];
    return { id, depends, objects: members, hooks, snapshot, freeze };
  });
  return groups.filter(({ id, objects: members }) => members.length > 0 || named.has(id));
}
