/** The snapshot of a group. The one place of the config that knows how every kind is resolved. */
import { assertNever } from '../../../failure/failure.js';
import { type Cursor, child, isSound, items } from '../../check/cursor.js';
import type { Freeze, Snapshot } from '../../check/types.gen.js';
import { type Problems, report } from '../../read/diagnostics.js';
import { placeOf } from '../../read/source.js';
import type { SnapshotPlan } from '../plan.js';
import { resolveStage, type Scope } from '../stage.js';
import { resolveBtrfs } from './btrfs.js';
import { resolveFreeze } from './freeze.js';
import { resolveFs } from './fs.js';
import { knownOfLibvirt, resolveLibvirt } from './libvirt.js';
import { knownOfLvm, resolveLvm } from './lvm.js';
import { resolveLxd } from './lxd.js';
import { type KnownSnapshot, NO_SNAPSHOT } from './references.js';
import type { SnapshotSource } from './sources.js';

/** `group`: its id. Undefined when there is none, or when it has an error, which is reported. */
export function resolveSnapshot(
  at: Cursor<Snapshot> | undefined,
  scope: Scope,
  group: string,
): SnapshotPlan | undefined {
  if (at === undefined) return undefined;
  const { problems } = scope;
  const source = resolveSource(at, problems);
  const hasOwn = source === undefined || standsStill(source);
  const known = knownOfSource(source);
  const owner = { group, hasOwn, known: knownBefore(known) };
  const freezeAt = child(at, 'freeze', problems);
  const freeze = resolveFreeze(freezeAt, scope, owner);
  if (at.value.type === 'fs' && freezeAt !== undefined) requireMax(freezeAt, problems);
  const afterSnapshot = items(child(at, 'after-snapshot', problems), problems).flatMap(
    (element) => resolveStage(element, scope, known) ?? [],
  );
  if (source === undefined || !isSound(at.node, problems)) return undefined;
  return { place: placeOf(at.node), source, freeze, afterSnapshot };
}

function resolveSource(
  { value, node }: Cursor<Snapshot>,
  problems: Problems,
): SnapshotSource | undefined {
  switch (value.type) {
    case 'btrfs':
      return resolveBtrfs({ value, node }, problems);
    case 'fs':
      return resolveFs({ value, node }, problems);
    case 'lvm':
      return resolveLvm({ value, node }, problems);
    case 'lxd':
      return resolveLxd({ value, node }, problems);
    case 'libvirt':
      return resolveLibvirt({ value, node }, problems);
    default:
      return assertNever(value);
  }
}

/** What may be referred to of a snapshot of it. */
function knownOf(source: SnapshotSource): KnownSnapshot {
  switch (source.type) {
    case 'btrfs':
      return { facts: ['path', 'name'], volumes: new Map(), inside: [] };
    case 'fs':
      return { facts: ['path'], volumes: new Map(), inside: [] };
    case 'lvm':
      return knownOfLvm(source);
    case 'lxd':
      return source.mode === 'clone'
        ? { facts: ['name'], volumes: new Map(), inside: ['snapshot', 'instance'] }
        : { facts: ['path', 'name'], volumes: new Map(), inside: ['instance'] };
    case 'libvirt':
      return knownOfLibvirt(source);
    default:
      return assertNever(source);
  }
}

/** As long as the objects take, of which nobody but the user has an idea. */
function requireMax({ value, node }: Cursor<Freeze>, problems: Problems): void {
  if (value.max !== undefined) return;
  const message = '"max" is missing: an fs snapshot needs it.';
  const hint = 'Say how long its writers may wait, such as "10m".';
  report(problems, { code: 'CONFIG_MISSING_KEY', message, hint, at: node });
}

/** Whether it is kept still by its kind: then a `freeze` may say no more than for how long. LVM itself does that for one volume. */
function standsStill(source: SnapshotSource): boolean {
  if (source.type === 'lvm') return source.volumes.length > 1;
  return source.type === 'fs' || source.type === 'libvirt';
}

/** What the programs of a group may refer to. */
export function knownOfSnapshot(
  isGiven: boolean,
  snapshot: SnapshotPlan | undefined,
): KnownSnapshot {
  return isGiven ? knownOfSource(snapshot?.source) : NO_SNAPSHOT;
}

/** Everything when it has an error: then nothing is known to be wrong. */
function knownOfSource(source: SnapshotSource | undefined): KnownSnapshot {
  if (source !== undefined) return knownOf(source);
  return {
    facts: ['path', 'device', 'name'],
    volumes: undefined,
    inside: ['snapshot', 'instance'],
  };
}

/** What is known before there is a snapshot, and after it. */
export function knownBefore({ inside }: KnownSnapshot): KnownSnapshot {
  return { ...NO_SNAPSHOT, inside: inside.filter((one) => one !== 'snapshot') };
}
