/** Whether the disks of a guest that runs still have their overlays: without one the guest writes into what is read. */
import { access } from 'node:fs/promises';
import type { LibvirtPlan } from '../../config/plan/snapshots/sources.js';
import { snapshotLost } from '../snapshot-failure.js';
import { type Disk, type Layer, readDomain } from './domain.js';
import { chainOnDisk } from './images.js';
import { runVirsh } from './virsh.js';

export interface Overlaid {
  readonly uuid: string;
  /** What is read of each disk, by its target. */
  readonly layers: ReadonlyMap<string, Layer>;
  /** The paths of the overlays, by the same. */
  readonly overlays: ReadonlyMap<string, string>;
}

/** Without the lock of the domain: another palhm, which merges what is above, may have that for long. Failure SNAPSHOT_LOST. */
export async function confirmOverlays(
  plan: LibvirtPlan,
  { uuid, layers, overlays }: Overlaid,
): Promise<void> {
  const domain = readDomain(await runVirsh(plan, ['dumpxml', '--domain', uuid]));
  for (const [target, { path: read }] of layers) {
    const overlay = overlays.get(target) ?? '';
    const isThere = await access(overlay).then(
      () => true,
      () => false,
    );
    if (!isThere) throw snapshotLost(`${overlay}, the overlay above ${read}, was removed`);
    const disk = domain.disks.find((one) => one.target === target);
    const chain = await chainOf(disk, domain.isRunning);
    const index = chain.findIndex(({ path }) => path === overlay);
    if (index === -1 || chain[index + 1]?.path !== read)
      throw snapshotLost(`${overlay} was taken off the disk "${target}" above ${read}`);
    if (chain.slice(index + 1).some(({ path }) => path === disk?.jobOnto))
      throw snapshotLost(`${overlay} is merged into ${disk?.jobOnto}, which began`);
  }
}

async function chainOf(disk: Disk | undefined, isRunning: boolean): Promise<readonly Layer[]> {
  const [top] = disk?.chain ?? [];
  if (disk === undefined || top === undefined) return [];
  return isRunning ? disk.chain : await chainOnDisk(top);
}
