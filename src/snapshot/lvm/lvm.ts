/**
 * Snapshots of LVM volumes. LVM takes one at a time, and keeps its file system still for that moment by itself. Several show one
 * instant because all of the volumes are suspended in the device mapper before the first snapshot: from then on nothing is written to any of
 * them, and LVM lets one go on only when its snapshot is there. See place.ts for how the dead are told from the living.
 */
import type { FileHandle } from 'node:fs/promises';
import type { LvmPlan, LvmVolumePlan } from '../../config/plan/snapshots/sources.js';
import type { SnapshotFacts, VolumeFacts } from '../../exec/facts.js';
import { Failure, isErrno, messageOf } from '../../failure/failure.js';
import { formatSize } from '../../units/bytes.js';
import { mountSnapshot } from '../mount.js';
import { closePart } from '../part/close-part.js';
import {
  type Part as DiskPart,
  deviceOfPart,
  namesOfPart,
  type Opening,
  openPart,
  resolveKeys,
} from '../part/part.js';
import type { Leftover, Provider, ResolveKey, Snapshot } from '../provider.js';
import { asSnapshotFailure } from '../snapshot-failure.js';
import { deviceOf, groupOf, nameInGroup } from '../volume-name.js';
import { unmountAll } from './mounted.js';
import { describeVolumes, nameOf, snapshotOf, TAG, tagOfHost } from './names.js';
import {
  claim,
  listPlaces,
  makeMountPoint,
  mountPointOf,
  removePlace,
  tryToClaim,
  withPlace,
} from './place.js';
import { resume, stillOf } from './still.js';
import { createSnapshot, isFull, type LogicalVolume, listVolumes, removeVolume } from './volume.js';

export async function openLvm(plan: LvmPlan, resolve: ResolveKey): Promise<Provider> {
  const steps = plan.volumes.flatMap(({ part }) => part);
  const secretOf = await resolveKeys(steps, resolve);
  return {
    description: describeVolumes(plan),
    tidy: (signal) => asSnapshotFailure(() => withPlace(signal, () => removeAllDead(plan))),
    take: (name, signal) => asSnapshotFailure(() => take({ plan, secretOf }, nameOf(name), signal)),
    ...(plan.volumes.length > 1 ? { still: stillOf(plan) } : {}),
  };
}

/** The volumes of snapshots that palhm has made on this host, of what is in the plan. */
async function listOurs({ volumes }: LvmPlan): Promise<readonly LogicalVolume[]> {
  const groups = [...new Set(volumes.map(({ volume }) => groupOf(volume)))];
  const origins = new Set<string | undefined>(volumes.map(({ volume }) => volume));
  const all = await listVolumes(groups);
  return all.filter(
    ({ volume, origin, tags }) =>
      snapshotNameOf(volume) !== undefined &&
      origins.has(origin) &&
      [TAG, tagOfHost()].every((tag) => tags.includes(tag)),
  );
}

function snapshotNameOf(volume: string): string | undefined {
  return snapshotOf(nameInGroup(volume));
}

async function removeAllDead(plan: LvmPlan): Promise<readonly Leftover[]> {
  const ours = await listOurs(plan);
  const names = new Set([
    ...ours.flatMap(({ volume }) => snapshotNameOf(volume) ?? []),
    ...(await listPlaces()),
  ]);
  const removed: Leftover[] = [];
  for (const name of names) {
    const held = await tryToClaim(name);
    if (held === 'alive') continue;
    try {
      await resume(plan);
      const gone = await removeEach(
        plan,
        ours.filter((one) => snapshotNameOf(one.volume) === name),
      );
      if (gone.length > 0) removed.push({ what: `the snapshot ${gone.join(' ')}` });
      await removePlace(name).catch(ignoreMounted);
    } finally {
      if (held !== 'absent') await held.close();
    }
  }
  return removed;
}

/** A snapshot of another source is mounted there: that source has it removed. */
function ignoreMounted(error: unknown): void {
  if (!isErrno(error, 'EBUSY', 'ENOTEMPTY')) throw error;
}

/** False when it has gone meanwhile, by hand or by a program that a palhm had started which was killed. */
async function remove(plan: LvmPlan, volume: string): Promise<boolean> {
  try {
    const disk = deviceOf(volume);
    await closePart({ disk, name: nameInGroup(volume), unmount: unmountAll });
    await unmountAll(disk);
    await removeVolume(volume);
    return true;
  } catch (error) {
    if ((await listOurs(plan)).some((one) => one.volume === volume)) throw error;
    return false;
  }
}

/** Returns those that were there. */
async function removeEach(
  plan: LvmPlan,
  volumes: readonly LogicalVolume[],
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { volume } of volumes) if (await remove(plan, volume)) removed.push(volume);
  return removed;
}

async function removeAllOf(plan: LvmPlan, name: string): Promise<void> {
  const ours = await listOurs(plan);
  await removeEach(
    plan,
    ours.filter((one) => snapshotNameOf(one.volume) === name),
  );
  await removePlace(name);
}

interface Wanted {
  readonly plan: LvmPlan;
  readonly secretOf: Opening['secretOf'];
}

/** One volume of a snapshot. */
interface Part {
  readonly plan: LvmVolumePlan;
  readonly index: number;
  /** The snapshot of it: `group/volume`. */
  readonly volume: string;
}

function partsOf({ volumes }: LvmPlan, name: string): readonly Part[] {
  return volumes.map((plan, index) => ({
    plan,
    index,
    volume: `${groupOf(plan.volume)}/${name}.${index}`,
  }));
}

async function take(
  { plan, secretOf }: Wanted,
  name: string,
  signal: AbortSignal,
): Promise<Snapshot> {
  const parts = partsOf(plan, name);
  return await withPlace(signal, async (fd) => {
    const held = await claim(name);
    try {
      for (const part of parts) {
        signal.throwIfAborted();
        await create(part, fd);
      }
    } catch (error) {
      await resume(plan).catch(() => undefined);
      // What this cannot remove the next run removes.
      await removeAllOf(plan, name).catch(() => undefined);
      await held.close();
      throw error;
    }
    return {
      facts: describeFacts(parts, name),
      gaps: [],
      prepare: () => asSnapshotFailure(() => prepare(parts, name, secretOf)),
      confirm: () => confirm(parts),
      release: releaseOf(plan, name, held),
    };
  });
}

async function create({ plan, volume }: Part, fd: number): Promise<void> {
  const snapshot = {
    origin: plan.volume,
    name: nameInGroup(volume),
    tags: [TAG, tagOfHost()],
    size: plan.size,
    isWritable: plan.mount !== null || plan.part.length > 0,
  };
  await createSnapshot(snapshot, fd);
}

function describeFacts(parts: readonly Part[], name: string): SnapshotFacts {
  const volumes = new Map<string, VolumeFacts>();
  for (const part of parts) {
    const { plan, index, volume } = part;
    const own = { device: deviceOfPart(diskPartOf(part)), name: volume };
    const path = plan.mount === null ? {} : { path: mountPointOf(name, index) };
    volumes.set(plan.volume, { ...own, ...path });
  }
  const [first, ...others] = volumes.values();
  return others.length === 0 ? { ...first, volumes } : { volumes };
}

/** What is read of a volume. */
function diskPartOf({ plan, volume }: Part): DiskPart {
  return { disk: deviceOf(volume), name: nameInGroup(volume), steps: plan.part };
}

async function prepare(
  parts: readonly Part[],
  name: string,
  secretOf: Opening['secretOf'],
): Promise<void> {
  await withPlace(undefined, async (fd) => {
    for (const part of parts) {
      const { plan, index } = part;
      const own = diskPartOf(part);
      await openPart(own, { isReadOnly: plan.mount === null, fd, secretOf });
      if (plan.mount === null) continue;
      const path = await makeMountPoint(name, index);
      await mountSnapshot(deviceOfPart(own), { path, plan: plan.mount, fd });
    }
  });
}

async function confirm(parts: readonly Part[]): Promise<void> {
  for (const { plan, volume } of parts) {
    if (plan.size === null || !(await isFull(volume))) continue;
    throw new Failure({
      code: 'SNAPSHOT_FULL',
      message: `the snapshot of ${plan.volume} is full and shows nothing any more: ${formatSize(plan.size)} and more have changed in the volume since it was taken`,
      hint: 'give it a larger "size", or let the backup run when less is written',
    });
  }
}

function releaseOf(plan: LvmPlan, name: string, held: FileHandle): Snapshot['release'] {
  let state: 'held' | 'left' | 'gone' = 'held';
  return async () => {
    if (state === 'gone') return;
    try {
      // Once its lock is free it is like that of a dead palhm.
      if (state === 'left') await withPlace(undefined, () => removeUnheld(plan, name));
      else await removeAllOf(plan, name);
      state = 'gone';
    } catch (error) {
      state = 'left';
      throw left(plan, name, error);
    } finally {
      await held.close();
    }
  };
}

async function removeUnheld(plan: LvmPlan, name: string): Promise<void> {
  const again = await tryToClaim(name);
  if (again === 'alive') return;
  try {
    await removeAllOf(plan, name);
  } finally {
    if (again !== 'absent') await again.close();
  }
}

function left(plan: LvmPlan, name: string, error: unknown): Failure {
  const volumes = partsOf(plan, name)
    .map(({ volume }) => volume)
    .join(' ');
  const mounts = plan.volumes.flatMap(({ mount }, index) =>
    mount === null ? [] : [mountPointOf(name, index)],
  );
  const mapped = partsOf(plan, name).flatMap((part) => namesOfPart(diskPartOf(part)).toReversed());
  const unmap = mapped.length === 0 ? '' : `dmsetup remove ${mapped.join(' ')}; `;
  const unmount = mounts.length === 0 ? '' : `umount ${mounts.join(' ')}; `;
  return new Failure({
    code: 'SNAPSHOT_LEFT',
    message: `the snapshot ${volumes} could not be removed: ${messageOf(error)}`,
    details:
      error instanceof Failure
        ? [...error.details, ...(error.hint === undefined ? [] : [error.hint])]
        : [],
    hint: `the next run tries again; by hand: ${unmount}${unmap}lvremove ${volumes}`,
    cause: error,
  });
}
