/** The disks of a virtual machine. */
import { resolve } from 'node:path';
import { type Cursor, child, items } from '../../check/cursor.js';
import type { LibvirtMount, LibvirtSnapshot } from '../../check/types.gen.js';
import type { Problems } from '../../read/diagnostics.js';
import { report } from '../../read/diagnostics.js';
import { withSpan } from '../spans.js';
import type { SnapshotFact } from '../value.js';
import type { KnownSnapshot } from './references.js';
import type { LibvirtMountPlan, LibvirtPlan } from './sources.js';

/** By this name the programs of a group refer to the XML of the domain. */
export const LIBVIRT_XML = 'domain.xml';

export function resolveLibvirt(
  at: Cursor<LibvirtSnapshot>,
  problems: Problems,
): LibvirtPlan | undefined {
  const domain = child(at, 'domain', problems);
  if (domain === undefined) return undefined;
  const names = (key: 'disks' | 'exclude'): readonly string[] =>
    items(child(at, key, problems), problems).map(({ value }) => value);
  const both = child(at, 'exclude', problems);
  if (at.value.disks !== undefined && both !== undefined)
    report(problems, {
      code: 'CONFIG_VALUE',
      message: '"disks" names those that are read, so there is nothing to exclude.',
      at: both.node,
    });
  const directory = child(at, 'directory', problems);
  const plan: LibvirtPlan = {
    type: 'libvirt',
    domain: domain.value,
    uri: child(at, 'uri', problems)?.value,
    disks: at.value.disks === undefined ? undefined : names('disks'),
    exclude: names('exclude'),
    directory: directory && resolve(directory.node.source.directory, directory.value),
    mounts: resolveMounts(at, problems),
    quiesce: child(at, 'quiesce', problems)?.value ?? 'auto',
    offlineOk: child(at, 'offline-ok', problems)?.value ?? false,
  };
  return withSpan(plan, domain.node);
}

function resolveMounts(
  at: Cursor<LibvirtSnapshot>,
  problems: Problems,
): readonly LibvirtMountPlan[] {
  const { disks, exclude } = at.value;
  const seen = new Set<string>();
  return items(child(at, 'mounts', problems), problems).flatMap((mount) => {
    const disk = child(mount, 'disk', problems);
    if (disk === undefined) return [];
    const [, second] = items(child(mount, 'part', problems), problems);
    if (second !== undefined)
      report(problems, {
        code: 'CONFIG_VALUE',
        message: 'A partition of a disk has no partitions.',
        at: second.node,
      });
    const plan = planOfMount(mount.value);
    const name = nameOfMount(plan);
    const isRead = (disks?.includes(plan.disk) ?? true) && exclude?.includes(plan.disk) !== true;
    const message = isRead
      ? `"${name}" is in "mounts" twice.`
      : `The snapshot does not have the disk "${plan.disk}".`;
    if (!isRead || seen.has(name))
      report(problems, { code: 'CONFIG_VALUE', message, at: disk.node });
    seen.add(name);
    return [plan];
  });
}

function planOfMount({ disk, part = [], options = [] }: LibvirtMount): LibvirtMountPlan {
  return { disk, part: [...part], options };
}

/** By which programs refer to it: `vda1`, or `vda` where the file system is on the disk itself. */
export function nameOfMount({ disk, part }: Pick<LibvirtMountPlan, 'disk' | 'part'>): string {
  return [disk, ...part.map(({ number }) => number)].join('');
}

/** Which disks there are, unless they are named, is known only by libvirt. */
export function knownOfLibvirt({ disks, mounts }: LibvirtPlan): KnownSnapshot {
  const isOne = disks === undefined || disks.length === 1;
  const facts: SnapshotFact[] = isOne ? ['device', 'name'] : ['name'];
  if (mounts.length === 1) facts.push('path');
  const volumes = new Map<string, readonly SnapshotFact[]>([[LIBVIRT_XML, ['path']]]);
  const add = (name: string, fact: SnapshotFact): void =>
    void volumes.set(name, [...(volumes.get(name) ?? []), fact]);
  for (const disk of disks ?? []) add(disk, 'device');
  for (const mount of mounts) add(nameOfMount(mount), 'path');
  return { facts, volumes: disks && volumes, inside: [] };
}
