/** What is kept still while a snapshot is taken. */

import { assertNever } from '../../../failure/failure.js';
import { type Duration, parseDuration } from '../../../units/duration.js';
import { type Cursor, child, isSound, items, parseAt } from '../../check/cursor.js';
import type { Freeze, HeldObject, ObjectGroup, PipelineElement } from '../../check/types.gen.js';
import { report } from '../../read/diagnostics.js';
import { placeOf } from '../../read/source.js';
import { NO_HOOKS } from '../hooks.js';
import type { ExecPlan, FreezeMeans, FreezePlan, GroupPlan, HeldObjectPlan } from '../plan.js';
import { resolveStage, type Scope } from '../stage.js';
import { type KnownSnapshot, NO_SNAPSHOT } from './references.js';

/** Long enough for any snapshot, and shorter than the patience of most clients. */
export const FREEZE_MAX: Duration = { ms: 20_000 };

/** Whose freeze it is. */
export interface FreezeOwner {
  /** The id of the group. */
  readonly group: string;
  /** Whether the kind of snapshot can keep its source still. */
  readonly hasOwn: boolean;
  /** What its programs may refer to. */
  readonly known: KnownSnapshot;
}

/** Undefined when there is none, or when it has an error, which is reported. */
export function resolveFreeze(
  at: Cursor<Freeze> | undefined,
  scope: Scope,
  owner: FreezeOwner,
): FreezePlan | undefined {
  if (at === undefined) return undefined;
  const { problems } = scope;
  const max = parseAt(child(at, 'max', problems), parseDuration, problems) ?? FREEZE_MAX;
  const means = resolveMeans(at, scope, owner);
  if (means === undefined || !isSound(at.node, problems)) return undefined;
  return { place: placeOf(at.node), max, means };
}

function resolveMeans(
  at: Cursor<Freeze>,
  scope: Scope,
  { group, hasOwn, known }: FreezeOwner,
): FreezeMeans | undefined {
  const { problems } = scope;
  const output = child(at, 'output', problems);
  if (output !== undefined && at.value.hold === undefined) {
    const message = '"output" goes with "hold": it is what that prints.';
    report(problems, { code: 'CONFIG_VALUE', message, at: output.node });
  }
  const { freeze, thaw, hold } = at.value;
  const isEmpty = freeze === undefined && thaw === undefined && hold === undefined;
  if (isEmpty && hasOwn) return { type: 'own' };
  const isPair = freeze !== undefined && thaw !== undefined;
  const isHold = hold !== undefined && freeze === undefined && thaw === undefined;
  if (!isHold && (!isPair || hold !== undefined)) {
    const message = 'A freeze has either "freeze" and "thaw", or "hold".';
    const hint = isEmpty ? 'Without them nothing is frozen here, for whatever "max".' : undefined;
    report(problems, { code: 'CONFIG_VALUE', message, hint, at: at.node });
    return undefined;
  }
  const resolveAll = (list: Cursor<readonly PipelineElement[]> | undefined): readonly ExecPlan[] =>
    items(list, problems).flatMap((element) => resolveStage(element, scope, known) ?? []);
  if (isPair)
    return {
      type: 'pair',
      freeze: resolveAll(child(at, 'freeze', problems)),
      thaw: resolveAll(child(at, 'thaw', problems)),
    };
  const element = child(at, 'hold', problems);
  const exec = element && resolveStage(element, scope, known);
  if (exec === undefined) return undefined;
  const objects = items(output, problems).map((object) =>
    resolveHeldObject(object, scope, { group, exec }),
  );
  return { type: 'hold', exec, output: objects };
}

function resolveHeldObject(
  at: Cursor<HeldObject>,
  scope: Scope,
  { group, exec }: { readonly group: string; readonly exec: ExecPlan },
): HeldObjectPlan {
  const { problems } = scope;
  const resolveList = (key: 'pipeline' | 'restore'): readonly ExecPlan[] =>
    items(child(at, key, problems), problems).flatMap(
      (element) => resolveStage(element, scope) ?? [],
    );
  return {
    path: at.value.path,
    group,
    place: placeOf(at.node),
    pipeline: [exec, ...resolveList('pipeline')],
    allocSize: undefined,
    expect: undefined,
    restore: at.value.restore === undefined ? undefined : resolveList('restore'),
    hooks: NO_HOOKS,
    mayBeEmpty: at.value['may-be-empty'] ?? false,
  };
}

/** That of a group without a snapshot: it lasts as long as the objects of the group take. */
export function resolveLongFreeze(
  group: Cursor<ObjectGroup>,
  scope: Scope,
): FreezePlan | undefined {
  const { problems } = scope;
  const at = child(group, 'freeze', problems);
  if (at === undefined) return undefined;
  if (group.value.snapshot !== undefined) {
    const message =
      'A group with a "snapshot" has its "freeze" in that, where it ends with the taking.';
    report(problems, { code: 'CONFIG_VALUE', message, at: at.node });
    return undefined;
  }
  if (at.value.max === undefined) {
    const message =
      '"max" is missing: without a snapshot a freeze lasts as long as the objects take.';
    report(problems, { code: 'CONFIG_MISSING_KEY', message, at: at.node });
  }
  return resolveFreeze(at, scope, { group: group.value.id, hasOwn: false, known: NO_SNAPSHOT });
}

/** Those that are made of what a program prints that holds. */
export function heldObjectsOf({
  snapshot,
  freeze,
}: Pick<GroupPlan, 'snapshot' | 'freeze'>): readonly HeldObjectPlan[] {
  const means = (snapshot?.freeze ?? freeze)?.means;
  return means?.type === 'hold' ? means.output : [];
}

export function execsOfFreeze(freeze: FreezePlan | undefined): readonly ExecPlan[] {
  if (freeze === undefined) return [];
  const { means } = freeze;
  switch (means.type) {
    case 'hold':
      return [means.exec];
    case 'pair':
      return [...means.freeze, ...means.thaw];
    case 'own':
      return [];
    default:
      return assertNever(means);
  }
}
