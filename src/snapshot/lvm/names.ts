/** What the snapshots of palhm are called: by their names, tags and places everybody sees whose they are. */
import { hostname } from 'node:os';
import type { LvmPlan } from '../../config/plan/snapshots/sources.js';
import type { SnapshotName } from '../provider.js';

export function describeVolumes({ volumes }: LvmPlan): string {
  const names = volumes.map(({ volume }) => volume).join(', ');
  return `the LVM ${volumes.length === 1 ? 'volume' : 'volumes'} ${names}`;
}

/** All that belongs to one snapshot has this name, with a number for each of its volumes: `palhm.RUN.NUMBER.0`. */
export function nameOf({ run, number }: SnapshotName): string {
  return `palhm.${run}.${number}`;
}

const OURS = /^(palhm\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+)\.\d+$/;

/** The name of the snapshot that a volume belongs to by its own name. */
export function snapshotOf(volume: string): string | undefined {
  return OURS.exec(volume)?.[1];
}

export const TAG = 'palhm';

/** Of this host: where several see the same disks, the kernel of one does not know the processes of another. */
export function tagOfHost(): string {
  return `palhm.host=${hostname().replaceAll(/[^A-Za-z0-9_+.-]/g, '_')}`;
}
