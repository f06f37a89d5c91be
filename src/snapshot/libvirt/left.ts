/** Overlays that are neither merged nor removed, since that would harm what others have made of them. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure/failure.js';
import { quoteForShell } from '../../units/shell-quote.js';
import type { Control } from './control.js';
import { type Disk, type Domain, type Layer, readDomain } from './domain.js';
import { infoOf } from './images.js';
import { type DomainRoom, hasRoom } from './room.js';

/** The disks are not where their definition says any more. On a tmpfs, so it lasts until the host is started again. */
const NOTED = '.overlays';

/** Before the overlays are made: by what they are found when no disk has them any more. */
export async function noteOverlays(
  { path }: DomainRoom,
  name: string,
  overlays: ReadonlyMap<string, string>,
): Promise<void> {
  await writeFile(join(path, `${name}${NOTED}`), [...overlays.values()].join('\0'), {
    mode: 0o600,
  });
}

/** Failure SNAPSHOT_LEFT. */
export async function refuseHeld(
  control: Control,
  { isRunning }: Domain,
  { disk: { target }, dead }: { readonly disk: Disk; readonly dead: readonly Layer[] },
): Promise<void> {
  for (const { path } of dead) {
    const { snapshots = [] } = await infoOf(path, control.room.fd);
    if (snapshots.length > 0)
      throw left(
        `${path}, the overlay of the disk "${target}", has the snapshot "${snapshots[0]?.name}" of somebody else in it, which a merge would destroy`,
        `when it is no longer needed, remove it, and the next run merges the overlay: ${control.line('snapshot-delete', [snapshots[0]?.name ?? ''])}`,
      );
  }
  if (isRunning) return;
  const saved = await control.findSaved();
  if (saved === undefined) return;
  const used = saved === '' ? dead : pathsIn(saved, dead);
  if (used.length > 0)
    throw left(
      `${used[0]?.path}, the overlay of the disk "${target}", is named by the saved state of the guest, which could not be started without it`,
      `start the guest (${control.line('start', [])}, or virsh restore FILE), and the next run merges it`,
    );
}

function pathsIn(saved: string, layers: readonly Layer[]): readonly Layer[] {
  const named = new Set(
    readDomain(saved).disks.flatMap(({ chain }) => chain.map(({ path }) => path)),
  );
  return layers.filter(({ path }) => named.has(path));
}

/** Those that are there, and that no disk has any more: it was detached, or the definition was replaced. */
export async function findStrays(control: Control): Promise<readonly Failure[]> {
  const { room } = control;
  const there = new Set<string>();
  for (const file of await readdir(room.path)) {
    const name = file.slice(0, -NOTED.length);
    if (!file.endsWith(NOTED) || (await hasRoom(room, name))) continue;
    const note = join(room.path, file);
    const paths = (await readFile(note, 'utf8')).split('\0').filter((path) => existsSync(path));
    for (const path of paths) there.add(path);
    if (paths.length === 0) await rm(note);
  }
  if (there.size === 0) return [];
  const domain = await control.inspect();
  for (const disk of domain.disks)
    for (const { path } of await control.chainOf(domain, disk)) there.delete(path);
  const strays = [...there].sort();
  return await Promise.all(strays.map((path) => strayOf(control, path)));
}

async function strayOf(control: Control, path: string): Promise<Failure> {
  const info = await infoOf(path, control.room.fd).catch(() => undefined);
  const base = info?.['full-backing-filename'] ?? 'its base';
  const file = quoteForShell(path);
  return left(
    `${path} is on no disk of the domain any more: what the guest wrote into it is not in ${base}`,
    `when a definition has it again (${control.line('dumpxml', ['--inactive'])}) the next run after a start merges it; else, if nothing has written into ${base} since, shut off what has it and merge: qemu-img commit -d -f qcow2 -b ${quoteForShell(base)} ${file} && rm ${file}; if something has, the two fit together no more: rm ${file} gives up what is in it`,
  );
}

function left(message: string, hint: string): Failure {
  return new Failure({ code: 'SNAPSHOT_LEFT', message, hint });
}
