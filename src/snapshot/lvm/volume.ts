/** Logical volumes, by the programs of LVM (lvm(8)). */

import { runLvm, runProgram } from '../programs.js';
import { mappedName } from '../volume-name.js';

export interface LogicalVolume {
  /** `group/volume`. */
  readonly volume: string;
  /** Of the volume that it is a snapshot of: `group/volume`. Undefined for none. */
  readonly origin: string | undefined;
  readonly tags: readonly string[];
  /** See lv_attr in lvs(8): its first letter is the type. */
  readonly attributes: string;
  readonly freeInGroup: number;
  readonly extent: number;
}

const FIELDS = ['vg_name', 'lv_name', 'origin', 'lv_tags', 'lv_attr', 'vg_free', 'vg_extent_size'];

/** All volumes of these groups. `mayLack`: those that exist are enough. Failure SNAPSHOT_FAILED. */
export async function listVolumes(
  groups: readonly string[],
  { mayLack = false }: { readonly mayLack?: boolean } = {},
): Promise<readonly LogicalVolume[]> {
  const format = ['--reportformat', 'json', '--units', 'b', '--nosuffix', '-o', FIELDS.join(',')];
  const accept = mayLack ? 'any' : [0];
  const { stdout } = await runLvm(['lvs', ...format, ...groups], { accept });
  return parseReport(stdout);
}

function parseReport(text: string): readonly LogicalVolume[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the format is that of lvmreport(7)
  const { report } = JSON.parse(text) as Report;
  return report.flatMap(({ lv }) => lv).map(describeRow);
}

interface Report {
  readonly report: readonly { readonly lv: readonly Readonly<Record<string, string>>[] }[];
}

function describeRow(row: Readonly<Record<string, string>>): LogicalVolume {
  const field = (name: string): string => row[name] ?? '';
  const inGroup = (name: string): string => `${field('vg_name')}/${field(name)}`;
  return {
    volume: inGroup('lv_name'),
    origin: field('origin') === '' ? undefined : inGroup('origin'),
    tags: field('lv_tags').split(','),
    attributes: field('lv_attr'),
    freeInGroup: Number(field('vg_free')),
    extent: Number(field('vg_extent_size')),
  };
}

export interface NewSnapshot {
  readonly origin: string;
  readonly name: string;
  readonly tags: readonly string[];
  /** Bytes; null: a thin one. */
  readonly size: number | null;
  readonly isWritable: boolean;
}

/** `fd` stays open until the program has ended. */
export async function createSnapshot(
  { origin, name, tags, size, isWritable }: NewSnapshot,
  fd: number,
): Promise<void> {
  // A thin one is not activated with its group, unless it is told to.
  const kind = size === null ? ['-ay', '-K'] : ['-L', `${size}b`];
  const permission = isWritable ? 'rw' : 'r';
  const tagged = tags.flatMap((tag) => ['--addtag', tag]);
  const how = ['-n', name, ...kind, '-p', permission, ...tagged];
  await runLvm(['lvcreate', '-s', '-y', ...how, origin], { fd });
}

/** A volume that is suspended, as an `lvcreate` leaves it that is killed halfway, keeps all waiting that write to it. */
export async function resumeVolume(volume: string): Promise<void> {
  const info = ['dmsetup', 'info', '-c', '--noheadings', '-o', 'suspended'] as const;
  const { stdout } = await runProgram([...info, mappedName(volume)], { accept: 'any' });
  // Not dmsetup, which would not know which tables LVM has meant to be there.
  if (stdout.trim() === 'Suspended') await runLvm(['lvchange', '--refresh', volume]);
}

export async function removeVolume(volume: string): Promise<void> {
  await runLvm(['lvremove', '-y', volume]);
}

/** Of a classic snapshot: whether more has changed than it has room for. Then it shows nothing any more. */
export async function isFull(volume: string): Promise<boolean> {
  const { stdout } = await runProgram(['dmsetup', 'status', mappedName(volume)]);
  return /^\d+ \d+ snapshot (?:Invalid|Overflow)/.test(stdout);
}
