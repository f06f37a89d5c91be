/** Snapshots of logical volumes. */
import { parseSize } from '../../../units/bytes.js';
import { type Cursor, child, exactText, isSound, items, parseAt } from '../../check/cursor.js';
import type { LvmSnapshot, LvmVolume } from '../../check/types.gen.js';
import { type Problems, report } from '../../read/diagnostics.js';
import { withSpan } from '../spans.js';
import type { SnapshotFact } from '../value.js';
import { resolvePart } from './part.js';
import type { KnownSnapshot } from './references.js';
import type { LvmPlan, LvmVolumePlan } from './sources.js';

/** Undefined when it has an error, which is reported. */
export function resolveLvm(at: Cursor<LvmSnapshot>, problems: Problems): LvmPlan | undefined {
  const { volume, volumes } = at.value;
  if ((volume === undefined) === (volumes === undefined)) {
    const message = 'An LVM snapshot has either "volume" or "volumes".';
    report(problems, { code: 'CONFIG_VALUE', message, at: at.node });
    return undefined;
  }
  if (volume !== undefined)
    return toPlan(at, [{ value: { ...at.value, volume }, node: at.node }], problems);
  refuseKeysBeside(at, problems);
  const list = items(child(at, 'volumes', problems), problems);
  refuseSameTwice(list, problems);
  if (list.length > 1) for (const one of list) refuseThin(one, problems);
  return toPlan(at, list, problems);
}

/** What is of one volume stands in `volumes` with that. */
function refuseKeysBeside(at: Cursor<LvmSnapshot>, problems: Problems): void {
  for (const key of ['size', 'part', 'mount'] as const) {
    const beside = child(at, key, problems);
    if (beside === undefined) continue;
    const message = `"${key}" stands in "volumes", with the volume that it is of.`;
    report(problems, { code: 'CONFIG_VALUE', message, at: beside.node });
  }
}

function refuseSameTwice(list: readonly Cursor<LvmVolume>[], problems: Problems): void {
  const seen = new Set<string>();
  for (const volume of list.flatMap((one) => child(one, 'volume', problems) ?? [])) {
    const message = `"${volume.value}" is in "volumes" twice.`;
    if (seen.has(volume.value))
      report(problems, { code: 'CONFIG_VALUE', message, at: volume.node });
    seen.add(volume.value);
  }
}

/** LVM takes a thin snapshot only of a volume that it has suspended itself, and so one after the other. */
function refuseThin(at: Cursor<LvmVolume>, problems: Problems): void {
  if (at.value.size !== undefined) return;
  report(problems, {
    code: 'CONFIG_MISSING_KEY',
    message: '"size" is missing: of several volumes, also thin ones, each needs it.',
    hint: 'Without it LVM takes thin snapshots, which cannot show one instant together.',
    at: { ...at.node, length: 1 },
  });
}

function toPlan(
  at: Cursor<LvmSnapshot>,
  list: readonly Cursor<LvmVolume>[],
  problems: Problems,
): LvmPlan | undefined {
  const volumes = list.map((one) => resolveVolume(one, problems));
  if (!isSound(at.node, problems)) return undefined;
  const plan: LvmPlan = { type: 'lvm', volumes };
  return withSpan(plan, at.node);
}

function resolveVolume(at: Cursor<LvmVolume>, problems: Problems): LvmVolumePlan {
  const mount = child(at, 'mount', problems);
  return {
    volume: at.value.volume,
    size: parseAt(exactText(child(at, 'size', problems)), parseSize, problems) ?? null,
    part: resolvePart(child(at, 'part', problems), problems),
    mount: mount === undefined ? null : { options: mount.value.options ?? [] },
  };
}

/** One volume has a name, too, and needs none. */
export function knownOfLvm({ volumes }: LvmPlan): KnownSnapshot {
  const known = new Map(volumes.map((one) => [one.volume, factsOf(one)]));
  const [only, ...others] = known.values();
  return { facts: others.length === 0 ? (only ?? []) : [], volumes: known, inside: [] };
}

function factsOf({ mount }: LvmVolumePlan): readonly SnapshotFact[] {
  return mount === null ? ['device', 'name'] : ['path', 'device', 'name'];
}
