/**
 * Snapshots of the disks of a virtual machine, by external snapshots of libvirt: meanwhile the guest writes into overlays, whose names
 * have the run in them, and which are merged at the end. Each change is made under a lock of the domain.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIBVIRT_XML, nameOfMount } from '../../config/plan/snapshots/libvirt.js';
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import type { SnapshotFacts, VolumeFacts } from '../../exec/facts.js';
import { Failure, messageOf } from '../../failure/failure.js';
import type { Leftover, Provider, Snapshot, SnapshotName } from '../provider.js';
import { asSnapshotFailure, snapshotFailure } from '../snapshot-failure.js';
import { chooseDisks } from './choose-disks.js';
import { withImages } from './config-xml.js';
import { confirmOverlays } from './confirm.js';
import { type Control, controlDomain } from './control.js';
import type { Disk, Layer } from './domain.js';
import { noteOverlays } from './left.js';
import { mountPart, mountPointOf, unmountParts } from './mounts.js';
import { imagesOf, layersBelow, mergeDead, overlaysOf } from './overlays.js';
import { isDead, listRooms, openRoom, type Room, removeRoom, withDomainRoom } from './room.js';
import { stillOf } from './still.js';
import { endViews, startViews, type Viewing, viewOf } from './view.js';
import { findDomain, virshLine } from './virsh.js';

type Change = <T>(
  signal: AbortSignal | undefined,
  work: (control: Control) => Promise<T>,
) => Promise<T>;

export async function openLibvirt(plan: LibvirtPlan): Promise<Provider> {
  const { uuid } = await findDomain(plan);
  const still = await stillOf(plan, uuid);
  const change: Change = (signal, work) =>
    asSnapshotFailure(() =>
      withDomainRoom(uuid, signal, (room) => work(controlDomain(plan, uuid, room))),
    );
  return {
    description: `the domain ${plan.domain}`,
    tidy: (signal) => change(signal, (control) => tidy(plan, control)),
    take: (name, signal) =>
      change(signal, (control) => take(plan, { control, change, name: nameOf(name) })),
    ...(still === undefined ? {} : { still }),
  };
}

function nameOf({ run, number }: SnapshotName): string {
  return `palhm-${run}.${number}`;
}

async function tidy(plan: LibvirtPlan, control: Control): Promise<readonly Leftover[]> {
  const dead = new Set<string>();
  for (const name of await listRooms(control.room)) {
    if (!(await isDead(control.room, name))) continue;
    await clearRoom(control, name);
    dead.add(name);
  }
  for (const name of await mergeDead(control)) dead.add(name);
  return [...dead].map((name) => ({ what: `the snapshot ${name} of the domain ${plan.domain}` }));
}

async function clearRoom({ room }: Control, name: string): Promise<void> {
  await unmountParts(join(room.path, name));
  await endViews(name, join(room.path, name));
  await removeRoom(room, name);
}

interface Taking {
  readonly control: Control;
  readonly change: Change;
  readonly name: string;
}

/** Only what has to be done while the guest is still: see `prepare`. */
async function take(plan: LibvirtPlan, { control, change, name }: Taking): Promise<Snapshot> {
  const domain = await control.inspect();
  const { uuid } = domain;
  const { disks, gaps, problems } = chooseDisks(domain, plan);
  const [problem] = problems;
  if (problem !== undefined) throw snapshotFailure(problem.message);
  if (!domain.isRunning && !plan.offlineOk)
    throw snapshotFailure(`the domain ${plan.domain} is off, which "offline-ok" would allow`);
  const overlays = overlaysOf(plan, { domain, disks, name });
  const room = await openRoom(control.room, name);
  try {
    if (domain.isRunning) {
      await noteOverlays(control.room, name, overlays);
      await control.overlay(domain, overlays);
    }
  } catch (error) {
    // What this cannot undo the next run does.
    await room.handle.close();
    await clearRoom(control, name)
      .then(() => mergeDead(control))
      .catch(() => undefined);
    throw error;
  }
  const viewing = { name, directory: room.path, isOff: !domain.isRunning };
  const shown = { viewing, layers: topsOf(disks), mounts: plan.mounts };
  return {
    facts: factsOf(shown),
    gaps,
    prepare: (signal) => change(signal, (now) => prepare(now, { ...shown, disks })),
    // Of a guest that is off qemu's locks keep what is read as it is.
    ...(domain.isRunning && { confirm: () => confirmOverlays(plan, { ...shown, uuid, overlays }) }),
    release: releaseOf(plan, { change, name, room }),
  };
}

interface Shown {
  readonly viewing: Viewing;
  /** What each disk had before its overlay, by its target. */
  readonly layers: ReadonlyMap<string, Layer>;
  readonly mounts: LibvirtPlan['mounts'];
}

function topsOf(disks: readonly Disk[]): ReadonlyMap<string, Layer> {
  return new Map(disks.flatMap(({ target, chain: [top] }) => (top ? [[target, top]] : [])));
}

/** A raw image is read as it is while the guest writes into its overlay. */
function isViewed({ isOff }: Viewing, { format }: Layer): boolean {
  return format !== 'raw' || isOff;
}

function factsOf({ viewing, layers, mounts }: Shown): SnapshotFacts {
  const { name, directory } = viewing;
  const volumes = new Map<string, VolumeFacts>([
    [LIBVIRT_XML, { path: join(directory, LIBVIRT_XML) }],
  ]);
  for (const [target, layer] of layers)
    volumes.set(target, {
      device: isViewed(viewing, layer) ? viewOf(viewing, target) : layer.path,
    });
  const [only = '', ...others] = layers.keys();
  const device = others.length === 0 ? volumes.get(only)?.device : undefined;
  for (const mount of mounts) {
    const of = nameOfMount(mount);
    volumes.set(of, { ...volumes.get(of), path: mountPointOf(viewing, mount) });
  }
  const [first, ...more] = mounts;
  const path = first && more.length === 0 ? mountPointOf(viewing, first) : undefined;
  return { name, path, device, volumes };
}

/** Its XML, and what makes its disks readable. */
async function prepare(
  control: Control,
  { viewing, layers, mounts, disks }: Shown & { readonly disks: readonly Disk[] },
): Promise<void> {
  const domain = await control.inspect();
  const { name, directory, isOff } = viewing;
  const { fd } = control.room;
  if (isOff && domain.isRunning) throw snapshotFailure(`the domain ${domain.name} was started`);
  const below = await layersBelow(control, domain, isOff ? { disks } : { disks, name });
  for (const [target, { path }] of layers)
    if (below.get(target)?.path !== path)
      throw snapshotFailure(`the disk "${target}" has been changed`);
  const xml = withImages(await control.configXml(), await imagesOf(control, domain));
  await writeFile(join(directory, LIBVIRT_XML), xml, { mode: 0o600 });
  const all = [...below].map(([target, layer]) => ({
    target,
    layer,
    isShown: isViewed(viewing, layer),
    isMounted: mounts.some(({ disk }) => disk === target),
  }));
  const viewed = all.filter(({ isShown, isMounted }) => isShown || isMounted);
  await startViews(viewing, viewed, fd);
  for (const mount of mounts) await mountPart(viewing, mount, fd);
}

function releaseOf(
  plan: LibvirtPlan,
  { change, name, room }: { readonly change: Change; readonly name: string; readonly room: Room },
): Snapshot['release'] {
  let isGone = false;
  return async () => {
    if (isGone) return;
    try {
      await change(undefined, async (control) => {
        // From here on it is like that of a dead palhm.
        await room.handle.close();
        await clearRoom(control, name);
        await mergeDead(control);
      });
      isGone = true;
    } catch (error) {
      throw left(plan, name, error);
    }
  };
}

function left({ domain, uri }: LibvirtPlan, name: string, error: unknown): Failure {
  const failure = error instanceof Failure ? error : undefined;
  const merge = `${virshLine(uri, ['blockcommit', domain])} DISK --base BASE --active --pivot --delete, where BASE is what qemu-img info says that file lies on`;
  const known = failure?.code === 'SNAPSHOT_LEFT' ? failure.hint : undefined;
  const also = known === undefined && failure?.hint !== undefined ? [failure.hint] : [];
  return new Failure({
    code: 'SNAPSHOT_LEFT',
    message: `the snapshot ${name} of the domain ${domain} could not be removed: ${messageOf(error)}`,
    details: [...(failure?.details ?? []), ...also],
    hint:
      known ??
      `its disks grow; the next run tries again; by hand while the guest runs, for each disk whose file ends with ${name}: ${merge}`,
    cause: error,
  });
}
