/**
 * A snapshot of a disk: the guest goes on writing into a new file, the overlay, and what was before stays as it is below. To remove
 * it, what the guest has written is merged into the file below. Of several snapshots each is the overlay of the one before: one that
 * has a room, and so may be read, and all below it, stay.
 */
import { basename, dirname, join } from 'node:path';
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import { Failure, messageOf } from '../../failure/failure.js';
import { snapshotFailure } from '../snapshot-failure.js';
import type { Control } from './control.js';
import type { Disk, Domain, Layer } from './domain.js';
import { findStrays, refuseHeld } from './left.js';
import { hasRoom } from './room.js';

const OURS = /\.(palhm-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+)$/;

/** The name of the snapshot of palhm that this is the overlay of; undefined for anything else. */
function ownerOf({ path, format }: Layer): string | undefined {
  return format === 'qcow2' ? OURS.exec(basename(path))?.[1] : undefined;
}

/** Without the overlays of palhm: the file by which people know the disk. */
function baseOf(chain: readonly Layer[]): Layer | undefined {
  return chain.find((layer) => ownerOf(layer) === undefined);
}

interface Wanted {
  readonly domain: Domain;
  readonly disks: readonly Disk[];
  /** Of the snapshot. */
  readonly name: string;
}

/** Where its overlays will be, by the targets of the disks. */
export function overlaysOf(
  { directory }: Pick<LibvirtPlan, 'directory'>,
  { domain, disks, name }: Wanted,
): ReadonlyMap<string, string> {
  return new Map(
    disks.map(({ target, chain }) => {
      const beside = dirname(baseOf(chain)?.path ?? '/');
      return [target, join(directory ?? beside, `${domain.name}.${target}.${name}`)] as const;
    }),
  );
}

/** The images of the disks that have an overlay of palhm now, without them. */
export async function imagesOf(
  control: Control,
  domain: Domain,
): Promise<ReadonlyMap<string, Layer>> {
  const images = new Map<string, Layer>();
  for (const disk of domain.disks) {
    const [top] = disk.chain;
    if (top === undefined || ownerOf(top) === undefined) continue;
    const base = baseOf(await control.chainOf(domain, disk));
    if (base !== undefined) images.set(disk.target, base);
  }
  return images;
}

/** What is below the overlays of the snapshot; what the disks have now when it has none. */
export async function layersBelow(
  control: Control,
  domain: Domain,
  { disks, name }: { readonly disks: readonly Disk[]; readonly name?: string },
): Promise<ReadonlyMap<string, Layer>> {
  const found = new Map<string, Layer>();
  for (const { target } of disks) {
    const disk = domain.disks.find((one) => one.target === target);
    const chain = disk === undefined ? [] : await control.chainOf(domain, disk);
    const index = name === undefined ? 0 : chain.findIndex((one) => ownerOf(one) === name) + 1;
    const below = chain[index];
    if (below === undefined || (name !== undefined && index === 0))
      throw snapshotFailure(`the disk "${target}" is not what it was before its snapshot`);
    found.set(target, below);
  }
  return found;
}

/** The overlays that can be merged now, the newest first, and what they are merged into. */
interface Mergeable {
  readonly dead: readonly Layer[];
  readonly names: readonly string[];
  readonly base: Layer;
}

async function findDead(control: Control, chain: readonly Layer[]): Promise<Mergeable | undefined> {
  const names: string[] = [];
  for (const layer of chain) {
    const name = ownerOf(layer);
    if (name === undefined || (await hasRoom(control.room, name))) break;
    names.push(name);
  }
  const base = chain[names.length];
  return names.length === 0 || base === undefined
    ? undefined
    : { names, base, dead: chain.slice(0, names.length) };
}

/**
 * Merges what nobody needs any more. Returns the names of the snapshots. Failure SNAPSHOT_LEFT for the first disk of which it
 * could not; the others are merged all the same.
 */
export async function mergeDead(control: Control): Promise<ReadonlySet<string>> {
  const merged = new Set<string>();
  const problems: unknown[] = [];
  const domain = await control.inspect();
  const full = domain.isRunning ? await control.findFull() : [];
  let hasMadeRoom = false;
  for (const disk of domain.disks) {
    try {
      const names = await mergeDisk(control, domain, disk);
      for (const name of names) merged.add(name);
      hasMadeRoom ||= names.length > 0 && full.includes(disk.target);
    } catch (error) {
      problems.push(error);
    }
  }
  if (hasMadeRoom) await control.resume().catch((error: unknown) => problems.push(error));
  try {
    problems.push(...(await findStrays(control)));
  } catch (error) {
    problems.push(error);
  }
  if (problems.length > 0) throw joined(problems);
  return merged;
}

async function mergeDisk(control: Control, domain: Domain, disk: Disk): Promise<readonly string[]> {
  const chain = await control.chainOf(domain, disk);
  const found = await findDead(control, chain);
  if (found === undefined) {
    await refuseBelowOthers(control, disk, chain);
    return [];
  }
  const { dead, base } = found;
  await refuseHeld(control, domain, { disk, dead });
  try {
    if (domain.isRunning) await control.commit(disk, base);
    else await control.commitOffline(disk, dead, base);
  } catch (error) {
    // It has been started or shut off meanwhile.
    const now = await control.inspect();
    const again = now.disks.find(({ target }) => target === disk.target);
    if (now.isRunning === domain.isRunning || again === undefined) throw error;
    return await mergeDisk(control, now, again);
  }
  return found.names;
}

/** Somebody else has taken a snapshot of his own meanwhile: without its owner's knowledge nothing can be merged below it. */
async function refuseBelowOthers(
  { room }: Control,
  { target }: Disk,
  chain: readonly Layer[],
): Promise<void> {
  const [top] = chain;
  if (top === undefined || ownerOf(top) !== undefined) return;
  for (const layer of chain) {
    const name = ownerOf(layer);
    if (name === undefined || (await hasRoom(room, name))) continue;
    throw new Failure({
      code: 'SNAPSHOT_LEFT',
      message: `${layer.path} is below ${top.path}, which somebody else has put on the disk "${target}" meanwhile`,
      hint: `when that is no longer needed, merge it (virsh blockcommit with --base ${layer.path}); the next run merges what is palhm's`,
    });
  }
}

/** One for all of them. */
function joined([first, ...others]: readonly unknown[]): unknown {
  if (!(first instanceof Failure) || others.length === 0) return first;
  const linesOf = (error: unknown): readonly string[] =>
    error instanceof Failure && error.hint !== undefined
      ? [error.message, error.hint]
      : [messageOf(error)];
  return first.withDetails(others.flatMap(linesOf));
}
